/** Time as everything in Millrace sees it: injected, so that a test of 48 hours takes milliseconds. */
export interface Clock {
  /** Wall-clock time, Unix milliseconds. */
  nowMs(): number
  /** Milliseconds since some fixed instant, whatever becomes of the wall clock. */
  monotonicMs(): number
  /**
   * Resolves after `ms` milliseconds, or at once when one of the signals aborts. Never rejects. Leaves nothing behind at
   * signals that live long, which `AbortSignal.any` does (measured with Node 20: 58 bytes each).
   */
  sleep(ms: number, ...signals: AbortSignal[]): Promise<void>
  /** Calls `action` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, action: () => void): () => void
}

/** The machine's own time. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, ...signals) => {
    if (signals.some((signal) => signal.aborted)) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        for (const signal of signals) signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      for (const signal of signals) signal.addEventListener('abort', done, { once: true })
    })
  },
  after: (ms, action) => {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}
