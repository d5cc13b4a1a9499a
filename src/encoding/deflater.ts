import { promisify } from 'node:util'
import { deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib'

/** Rejects when zlib fails (out of memory). The same bytes for the same input. */
export type Deflate = (bytes: Buffer) => Promise<Buffer>

/** As many as Node's thread pool has threads: more would not be faster, and each holds some 256 KiB of state in zlib. */
const MAX_AT_ONCE = 4

/** Blocks that may wait for a thread: enough to keep the threads busy, little beside any memory budget. */
const MAX_WAITING = 8

/**
 * Fixed, since they decide the bytes of an object, which a restart must make again. On blocks of the built-in types level 3
 * takes two thirds of the CPU of zlib's default (6) and leaves 2 % more bytes; memory level 9 saves another tenth.
 */
const OPTIONS = { level: 3, memLevel: 9 }

/** Room for a compressed block of usual size in one step of the thread pool (deflate leaves about 0.3 of 256 KiB). */
const OUTPUT_BYTES = 128 * 1024

const deflateInThread = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw)

/**
 * A compressor that works off the event loop as long as the threads keep up. When they do not, it compresses at once, a few
 * milliseconds a block: so reading slows down to what can be compressed, instead of filling the memory with raw blocks.
 */
export function createDeflater(): Deflate {
  const waiting: (() => void)[] = []
  let active = 0
  return async (bytes) => {
    if (waiting.length >= MAX_WAITING) return exactCopy(deflateRawSync(bytes, { ...OPTIONS, chunkSize: OUTPUT_BYTES }))
    if (active === MAX_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
    else active++
    try {
      return exactCopy(await deflateInThread(bytes, { ...OPTIONS, chunkSize: OUTPUT_BYTES }))
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
