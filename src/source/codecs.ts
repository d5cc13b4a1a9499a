import * as zlib from 'node:zlib'
import lz4 from 'lz4js'
import snappy from 'snappyjs'

type Decompress = (compressed: Buffer) => Buffer

/** By Kafka's codec number, the lowest three bits of a batch's attributes. 0 is "not compressed". */
export type Codecs = Partial<Record<number, Decompress>>

export const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Everything the Java client can write. Resolves when the WebAssembly among it is ready. */
export async function loadCodecs(): Promise<Codecs> {
  return { 1: gunzip, 2: unsnappy, 3: unlz4, 4: await loadZstd() }
}

const gunzip: Decompress = (compressed) => zlib.gunzipSync(compressed)

const unlz4: Decompress = (compressed) => asBuffer(lz4.decompress(compressed))

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** How the Java client's Snappy streams begin ("xerial" framing): this, two version numbers, then blocks with lengths. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER_BYTES = 16

const unsnappy: Decompress = (compressed) => {
  if (!compressed.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappy.uncompress(compressed)
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER_BYTES; at < compressed.length;) {
    const start = at + 4
    at = start + compressed.readInt32BE(at)
    blocks.push(snappy.uncompress(compressed.subarray(start, at)))
  }
  return Buffer.concat(blocks)
}

/** Node's own from 22.15 on, WebAssembly before. */
async function loadZstd(): Promise<Decompress> {
  const own = (zlib as { zstdDecompressSync?: Decompress }).zstdDecompressSync
  if (own) return own
  const wasm = await import('@bokuweb/zstd-wasm')
  await wasm.init()
  return (compressed) => growUntilItFits(compressed, (size) => wasm.decompress(compressed, { defaultHeapSize: size }))
}

const FIRST_GUESS_BYTES = 1 << 20
/** Far more than the broker's largest batch (1 MiB by default) can hold. */
const LARGEST_BYTES = 256 << 20

/** The Java client does not write how large the content is, so the room for it is guessed, and guessed again. */
function growUntilItFits(compressed: Buffer, decompress: (size: number) => Uint8Array): Buffer {
  for (let size = Math.max(FIRST_GUESS_BYTES, compressed.length * 8); ; size *= 4) {
    try {
      return asBuffer(decompress(size))
    } catch (error) {
      if (size >= LARGEST_BYTES) throw error
    }
  }
}
