/** Free buffers that are kept for reuse: as many as can be in compression at once, and a few for blocks that begin. */
const MAX_FREE = 16

/**
 * Buffers of full blocks, used over and over. Fresh ones would cost more than the copying into them: the allocator maps,
 * clears and unmaps every one, and the memory of those that are gone stays with the process until the garbage collector runs.
 */
export class BlockBuffers {
  readonly #free: Buffer[] = []

  constructor(readonly byteLength: number) {}

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.byteLength)
  }

  /** Nobody may use `buffer` any more; one of another size is left to the garbage collector. */
  giveBack(buffer: Buffer): void {
    if (buffer.length === this.byteLength && this.#free.length < MAX_FREE) this.#free.push(buffer)
  }
}
