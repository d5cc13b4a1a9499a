import type { Intent } from '../range/intent.js'
import type { RangeParts } from '../range/open-range.js'
import type { Range } from '../range/range.js'
import type { Transcoder } from '../events/transcoder.js'
import type { RejectedRecord, Unwritten } from './settle.js'

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
    private readonly next: { end: number; size: number; refused: readonly RejectedRecord[] } = wholeOf(whole),
  ) {
    this.intent = { ...whole, end: next.end }
  }

  /** This part was rejected too; `events`: because of these. */
  rejected({ first, last }: Range, { failure, events }: Rejected): Isolation {
    if (events) return new Isolation(this.whole, { ...this.next, refused: [...this.next.refused, ...events] })
    if (first === last) return new Isolation(this.whole, { end: first, size: 1, refused: [{ offset: first, failure }] })
    const size = Math.floor((last - first + 1) / 2)
    return new Isolation(this.whole, { end: first + size - 1, size, refused: [] })
  }

  /** What follows a part that has been delivered; null when that was the last one. */
  after({ last }: Range): Isolation | null {
    if (last >= this.whole.end) return null
    const size = this.next.refused.length > 0 ? this.whole.end - last : this.next.size
    return new Isolation(this.whole, { end: Math.min(last + size, this.whole.end), size, refused: [] })
  }

  /** Ranges that leave out the events that were found. */
  refusing(parts: RangeParts): RangeParts {
    const { refused } = this.next
    return refused.length > 0 ? { ...parts, transcoder: refusing(parts.transcoder, refused) } : parts
  }
}

const wholeOf = ({ end }: Intent) => ({ end, size: 0, refused: [] })

type Rejected = Pick<Extract<Unwritten, { kind: 'rejected' }>, 'failure' | 'events'>

function refusing(transcoder: Transcoder, refused: readonly RejectedRecord[]): Transcoder {
  const reasons = new Map(refused.map(({ offset, failure: { message } }) => [offset, message]))
  return {
    transcode: (record, pins) => {
      const message = reasons.get(record.offset)
      if (message === undefined) return transcoder.transcode(record, pins)
      return { verdict: 'rejected', rejection: { reason: 'REJECTED', message } }
    },
  }
}
