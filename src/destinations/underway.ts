/** The calls underway at one destination, each cut short by its caller's signal or by `close`. */
export class Underway {
  readonly #calls = new Map<Promise<unknown>, AbortController>()
  #closed = false

  /** Settles as `work` does, which must end soon after the signal it is given aborts. */
  async run<T>(signal: AbortSignal, work: (cut: AbortSignal) => Promise<T>): Promise<T> {
    const cut = new AbortController()
    const abort = () => cut.abort()
    if (signal.aborted || this.#closed) abort()
    signal.addEventListener('abort', abort, { once: true })
    const call = work(cut.signal)
    this.#calls.set(call, cut)
    try {
      return await call
    } finally {
      signal.removeEventListener('abort', abort)
      this.#calls.delete(call)
    }
  }

  /** Cuts short what is underway and resolves when nothing is any more; what comes later is cut short from the start. */
  async close(): Promise<void> {
    this.#closed = true
    for (const cut of this.#calls.values()) cut.abort()
    await Promise.allSettled(this.#calls.keys())
  }
}
