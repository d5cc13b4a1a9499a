import type { Clock } from '../runtime/clock.js'

/** One request with a deadline. Settles soon after the signal or the deadline, even when the SDK does not. */
export class Attempt {
  timedOut = false

  constructor(
    readonly clock: Clock,
    readonly signal: AbortSignal,
    readonly deadlineMs: number,
  ) {}

  async run<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const cut = new AbortController()
    const abort = () => cut.abort()
    const cancel = this.clock.after(this.deadlineMs, () => {
      this.timedOut = true
      abort()
    })
    this.signal.addEventListener('abort', abort, { once: true })
    if (this.signal.aborted) abort()
    try {
      // Looking for credentials takes no signal.
      return await Promise.race([send(cut.signal), rejectOnAbort(cut.signal)])
    } finally {
      cancel()
      this.signal.removeEventListener('abort', abort)
    }
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const refuse = () => reject(new Error('cut short'))
    if (signal.aborted) refuse()
    else signal.addEventListener('abort', refuse, { once: true })
  })
}
