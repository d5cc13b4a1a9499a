import type { Failure, Payload, StreamDestination } from '../../destinations/destination.js'
import type { RecordOfRange } from '../payloads.js'
import { delayMs, type SettleParts, type WriteOutcome } from '../settle.js'
import { Backlog, type Bucket, type Pending } from './backlog.js'
import { Share } from './share.js'
import { Underway } from './underway.js'

export interface StreamWriterParts extends SettleParts {
  destination: StreamDestination
}

/** Calls of the destination at once, at most: with 50 ms each and 500 records a call that is 80,000 records a second. */
const MAX_CALLS = 8

/** Calls in a row that the stream answered before there may be one more at once: nobody is met with all we have. */
const CALLS_BEFORE_MORE = 20

/** What the stream goes by to the watch of the credentials: whoever may write to it may write all of it. */
const STREAM = 'stream'

type Entry = Pending<RecordOfRange, Share>
type Failed = ReadonlyMap<Payload, Failure>

/** What of one partition was in a call. */
interface Answer {
  readonly failures: Failure[]
  acknowledged: number
}

/**
 * Writes the records of all partitions of a connector into its stream, in order per partition key: a record is not sent while
 * an earlier one of its key is not acknowledged. Only what failed is sent again. What fails for its own shard rests with its
 * bucket, and comes back with less; what fails for all lets everything rest, and comes back with one call.
 */
export class StreamWriter {
  readonly #parts: StreamWriterParts
  readonly #backlog = new Backlog<RecordOfRange, Share>()
  readonly #underway: Underway
  /** How to end the rest of a bucket early. */
  readonly #resting = new Map<Bucket<RecordOfRange, Share>, () => void>()
  #calls = 0
  /** Calls that there may be at once: more and more while the stream takes them. */
  #mostCalls = 1
  #answered = 0
  /** Calls in a row that failed for all. */
  #failures = 0
  #isResting = false
  /** Aborts when nobody waits for anything. */
  #idle = new AbortController()
  /** Somebody waits no more. */
  #isToPurge = false

  constructor(parts: StreamWriterParts) {
    this.#parts = parts
    this.#underway = new Underway(parts)
    parts.stopping.addEventListener('abort', () => this.#wakeAll(), { once: true })
  }

  /** Resolves when all of it is settled. `signal` ends that at once; what is in a call then may still be written. */
  write(records: readonly RecordOfRange[], source: string, signal: AbortSignal): Promise<WriteOutcome> {
    return new Promise((resolve) => {
      if (records.length === 0) return resolve({ kind: 'written' })
      if (signal.aborted) return resolve({ kind: 'ended' })
      const share = new Share(source, records.length, (outcome) => {
        signal.removeEventListener('abort', abandon)
        this.#leave(share)
        resolve(outcome)
      })
      const abandon = () => share.end({ kind: 'ended' })
      signal.addEventListener('abort', abandon, { once: true })
      this.#underway.add(share)
      this.#backlog.add(records, share)
      this.#send()
    })
  }

  /** Begins as many calls as there may be. */
  #send(): void {
    this.#purge()
    while (!this.#isResting && this.#calls < this.#mostCalls) {
      const entries = this.#backlog.take(this.#parts.destination.most)
      if (entries.length === 0) return
      void this.#call(entries)
    }
  }

  async #call(entries: readonly Entry[]): Promise<void> {
    const { destination, credentials } = this.#parts
    const { secret } = credentials
    this.#calls++
    const payloads = entries.map(({ payload }) => payload)
    const failures = await destination.write(payloads, never())
    this.#calls--
    const failed = new Map(failures.map((failure) => [failure.payload, failure]))
    this.#tell(entries, failed, secret)
    this.#settle(entries, failed)
    this.#adapt(failures)
    this.#rest(entries, failed)
    this.#send()
  }

  /** The watch of the credentials hears what became of the call, and health of each partition's part. */
  #tell(entries: readonly Entry[], failed: Failed, secret: string): void {
    const answers = this.#answersOf(entries, failed)
    const isHeld = this.#isHeld([...answers.values()], secret)
    for (const [source, { failures, acknowledged }] of answers) {
      if (isHeld && failures.length > 0) this.#underway.endAll(source, { kind: 'held' })
      else this.#underway.answered(source, failures, acknowledged)
    }
  }

  /** What a call was acknowledged comes before what was refused: a stream ends a call that it refuses. */
  #isHeld(answers: readonly Answer[], secret: string): boolean {
    const { credentials } = this.#parts
    const acknowledged = answers.reduce((sum, answer) => sum + answer.acknowledged, 0)
    const failures = answers.flatMap((answer) => answer.failures)
    if (acknowledged > 0) credentials.answered(STREAM, [], acknowledged, secret)
    return failures.length > 0 && credentials.answered(STREAM, failures, failures.length, secret) === 'hold'
  }

  /** By partition. What failed for somebody who waits no more, or while the service stops, says nothing. */
  #answersOf(entries: readonly Entry[], failed: Failed): Map<string, Answer> {
    const answers = new Map<string, Answer>()
    for (const { payload, waiter } of entries) {
      const answer = answers.get(waiter.source) ?? { failures: [], acknowledged: 0 }
      answers.set(waiter.source, answer)
      const failure = failed.get(payload)
      if (!failure) answer.acknowledged++
      else if (!waiter.isOver && !this.#parts.stopping.aborted) answer.failures.push(failure)
    }
    return answers
  }

  #settle(entries: readonly Entry[], failed: Failed): void {
    for (const { payload, waiter } of entries) {
      const failure = failed.get(payload)
      if (!failure) waiter.settle()
      else if (failure.class === 'rejected') waiter.reject({ failure, offset: payload.offset })
      else if (this.#parts.stopping.aborted) this.#underway.endAll(waiter.source, { kind: 'ended' })
    }
    this.#backlog.giveBack(entries, (entry) => isKept(entry, failed))
  }

  /** A shard that refuses is its bucket's affair. */
  #adapt(failures: readonly Failure[]): void {
    if (failures.some(({ hitsAll }) => hitsAll)) {
      this.#answered = 0
      this.#mostCalls = 1
    } else if (++this.#answered % CALLS_BEFORE_MORE === 0) {
      this.#mostCalls = Math.min(MAX_CALLS, this.#mostCalls + 1)
    }
  }

  /** Only what is to be sent again makes anything rest. */
  #rest(entries: readonly Entry[], failed: Failed): void {
    if (failed.size < entries.length) this.#failures = 0
    const kept = entries.filter((entry) => isKept(entry, failed)).flatMap(({ payload }) => failed.get(payload) ?? [])
    if (kept.some(({ hitsAll }) => hitsAll)) return void this.#restAll(kept)
    const answers = new Map<Bucket<RecordOfRange, Share>, Answer>()
    for (const entry of entries) {
      const { bucket } = entry.sequence
      const answer = answers.get(bucket) ?? { failures: [], acknowledged: 0 }
      answers.set(bucket, answer)
      const failure = failed.get(entry.payload)
      if (!failure) answer.acknowledged++
      else if (isKept(entry, failed)) answer.failures.push(failure)
    }
    for (const [bucket, { failures, acknowledged }] of answers) {
      if (failures.length > 0) this.#restBucket(bucket, failures, acknowledged)
      else if (acknowledged > 0) this.#grow(bucket)
    }
  }

  /** Of the calls underway the first to fail says how long. */
  async #restAll(failures: readonly Failure[]): Promise<void> {
    if (this.#isResting) return
    const { clock, random, stopping, credentials } = this.#parts
    this.#isResting = true
    this.#failures++
    this.#idle = new AbortController()
    const restMs = delayMs(failures, this.#failures, random)
    await clock.sleep(restMs, stopping, credentials.nudged, this.#idle.signal)
    this.#isResting = false
    this.#send()
  }

  /** A shard that takes something is asked again soon, for no more than it took. */
  #restBucket(bucket: Bucket<RecordOfRange, Share>, failures: readonly Failure[], taken: number): void {
    if (bucket.isResting) return
    const { clock, random } = this.#parts
    bucket.failures = taken > 0 ? 1 : bucket.failures + 1
    bucket.most = Math.max(1, taken > 0 ? taken : Math.floor(Math.min(bucket.most, failures.length) / 2))
    this.#backlog.rest(bucket)
    const wake = () => {
      this.#wake(bucket)
      this.#send()
    }
    this.#resting.set(bucket, clock.after(delayMs(failures, bucket.failures, random), wake))
  }

  /** Twice as much as it took. */
  #grow(bucket: Bucket<RecordOfRange, Share>): void {
    bucket.failures = 0
    bucket.most = bucket.most * 2 > this.#parts.destination.most.records ? Infinity : bucket.most * 2
  }

  #wake(bucket: Bucket<RecordOfRange, Share>): void {
    this.#resting.get(bucket)?.()
    if (this.#resting.delete(bucket)) this.#backlog.wake(bucket)
  }

  /** Whoever comes next, a probe of failing credentials above all, does not wait for what has befallen others. */
  #endRests(): void {
    this.#failures = 0
    this.#idle.abort()
    this.#wakeAll()
  }

  /** The service stops: everything is tried once more. */
  #wakeAll(): void {
    for (const bucket of [...this.#resting.keys()]) this.#wake(bucket)
    this.#send()
  }

  /** Nothing of it is waited for any more. */
  #leave(share: Share): void {
    if (share.hasUnsettled) this.#purgeSoon()
    this.#underway.left(share)
    if (this.#underway.isEmpty) this.#endRests()
  }

  /** Many ranges end at once when the credentials fail: they are looked for once. */
  #purgeSoon(): void {
    if (this.#isToPurge) return
    this.#isToPurge = true
    queueMicrotask(() => this.#send())
  }

  #purge(): void {
    if (this.#isToPurge) this.#backlog.purge()
    this.#isToPurge = false
  }
}

function isKept({ payload, waiter }: Entry, failed: Failed): boolean {
  const failure = failed.get(payload)
  return failure !== undefined && failure.class !== 'rejected' && !waiter.isOver
}

/** Whoever waits no more is told at once; what is in a call is cut short when the destination is closed. */
function never(): AbortSignal {
  return new AbortController().signal
}
