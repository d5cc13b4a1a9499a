import type { Snapshot } from './snapshot.js'

/** What stays known of a connector when the process that knew it has ended. */
export class Lasting {
  /** When the destination acknowledged something last; null: not as far as is known. */
  lastSuccessAtMs: number | null = null
  /** Encoded, of an average event: of those that were delivered, else of some that were in memory; null: not known. */
  bytesPerEvent: number | null = null

  hear({ lastSuccessAtMs, totals: { delivered, bytes, buffered } }: Snapshot): void {
    if (lastSuccessAtMs !== null) this.lastSuccessAtMs = Math.max(this.lastSuccessAtMs ?? 0, lastSuccessAtMs)
    if (delivered > 0) this.bytesPerEvent = bytes / delivered
    else if (buffered.events > 0) this.bytesPerEvent ??= buffered.bytes / buffered.events
  }
}
