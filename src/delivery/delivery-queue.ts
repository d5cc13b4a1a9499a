import type { Range } from '../range/range.js'

/** The closed ranges of a partition on their way to the destination. It stops for good at the first that cannot be settled. */
export interface DeliveryQueue {
  readonly isAbandoned: boolean
  /** The closed ranges that are not settled, in order. */
  readonly ranges: readonly Range[]
  /** True while a closed range is on its way: its memory will come back. */
  readonly isDelivering: boolean
  /** Whether another range may be closed because it is due. */
  readonly hasRoom: boolean
  /** False while it holds more than it has room for: a range had to be closed all the same. */
  readonly wantsMore: boolean
  /** Delivers `range` after those before it. */
  push(range: Range): void
  /** Resolves when nothing is being delivered any more. */
  settled(): Promise<void>
  /** Forgets everything at once, without waiting for what is being written. */
  abandon(): void
}
