import type { Failure } from '../destinations/destination.js'
import type { Intent } from '../range/intent.js'
import type { RangeParts } from '../range/open-range.js'
import type { Range } from '../range/range.js'
import type { Transcoder } from '../events/transcoder.js'

/**
 * Finds the one event that the destination can never take, by halving the range it is in (delivery.md §2: rejected).
 *
 * Half of a range is written as a range of its own, with the plan of the whole. No event is in two objects afterwards: an
 * object's key is the offset of its first event of that type, schema and hour, so whatever the larger range has already
 * written is written again under the same key, with fewer events, and the others follow under keys of their own.
 * A range of one offset that is rejected is the event: it becomes a dead letter.
 */
export class Isolation {
  /** The part of the range to write next. */
  readonly intent: Intent

  constructor(
    /** What is left of the range that was rejected first: some of its objects may be written, as far as it reaches. */
    readonly whole: Intent,
    private readonly next: { end: number; size: number; refused?: Refused } = { end: whole.end, size: 0 },
  ) {
    this.intent = { ...whole, end: next.end }
  }

  /** This part was rejected too. */
  rejected({ first, last }: Range, failure: Failure): Isolation {
    if (first === last) return new Isolation(this.whole, { end: first, size: 1, refused: { offset: first, failure } })
    const size = Math.floor((last - first + 1) / 2)
    return new Isolation(this.whole, { end: first + size - 1, size })
  }

  /** What follows a part that has been delivered; null when that was the last one. */
  after({ last }: Range): Isolation | null {
    if (last >= this.whole.end) return null
    const size = this.next.refused ? this.whole.end - last : this.next.size
    return new Isolation(this.whole, { end: Math.min(last + size, this.whole.end), size })
  }

  /** Ranges that leave out the event that was found. */
  refusing(parts: RangeParts): RangeParts {
    const { refused } = this.next
    return refused ? { ...parts, transcoder: refusing(parts.transcoder, refused) } : parts
  }
}

interface Refused {
  offset: number
  failure: Failure
}

function refusing(transcoder: Transcoder, { offset, failure }: Refused): Transcoder {
  const rejection = { reason: 'REJECTED', message: failure.message } as const
  return {
    transcode: (record, pins) =>
      record.offset === offset ? { verdict: 'rejected', rejection } : transcoder.transcode(record, pins),
  }
}
