import { promisify } from 'node:util'
import { deflateRaw, type ZlibOptions } from 'node:zlib'

/** Compresses off the event loop; rejects when zlib fails (out of memory). The same bytes for the same input. */
export type Deflate = (bytes: Buffer) => Promise<Buffer>

/** As many as Node's thread pool has threads: more would not be faster, and each holds some 256 KiB of state in zlib. */
const MAX_AT_ONCE = 4

/**
 * Fixed, since they decide the bytes of an object, which a restart must make again. On blocks of the built-in types level 3
 * takes two thirds of the CPU of zlib's default (6) and leaves 2 % more bytes; memory level 9 saves another tenth.
 */
const OPTIONS = { level: 3, memLevel: 9 }

/** Room for a compressed block of usual size in one step of the thread pool (deflate leaves about 0.3 of 256 KiB). */
const OUTPUT_BYTES = 128 * 1024

const deflateOnce = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw)

/** A compressor that works on a few blocks at a time and lets the others wait in order. */
export function createDeflater(): Deflate {
  const waiting: (() => void)[] = []
  let active = 0
  return async (bytes) => {
    if (active === MAX_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
    else active++
    try {
      return exactCopy(await deflateOnce(bytes, { ...OPTIONS, chunkSize: OUTPUT_BYTES }))
    } finally {
      const next = waiting.shift()
      if (next) next()
      else active--
    }
  }
}

/** zlib's result is a view on a buffer of `OUTPUT_BYTES`: the block would hold all of it in memory. */
function exactCopy(view: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(view.length)
  view.copy(copy)
  return copy
}
