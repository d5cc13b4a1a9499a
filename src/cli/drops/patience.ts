import type { OutgoingRecord } from '../../delivery/kafka-records.js'
import type { RecordWriter } from '../../delivery/side-topics.js'
import type { Destination, Failure, FailureClass, Payload } from '../../destinations/destination.js'
import { retryDelayMs, type Random } from '../../runtime/backoff.js'
import type { Clock } from '../../runtime/clock.js'
import { MillraceError } from '../../runtime/errors.js'

/** How long to go on with what may pass by itself. */
export interface Patience {
  clock: Clock
  random: Random
  /** Cuts short. */
  stop: AbortSignal
  /** From the first failure on, milliseconds. */
  waitMs: number
  /** Told once, when waiting begins. */
  say: (words: string) => void
}

/** Of a class of failures that a person has to mend, waiting is no use (delivery.md §2). */
const PASSES_BY_ITSELF: readonly FailureClass[] = ['transient', 'throttled']

/** Writes every payload, again and again what fails and may pass by itself. Resolves to what could not be written. */
export async function writePatiently(
  payloads: readonly Payload[],
  destination: Pick<Destination, 'write'>,
  patience: Patience,
): Promise<Failure[]> {
  let failures: Failure[] = []
  let pending = payloads
  await patiently(patience, async () => {
    failures = await destination.write(pending, patience.stop)
    pending = failures.map(({ payload }) => payload)
    const [first] = failures
    if (!first || !failures.every((failure) => PASSES_BY_ITSELF.includes(failure.class))) return undefined
    const leastMs = Math.max(0, ...failures.map(({ retryAfterMs = 0 }) => retryAfterMs))
    return { message: first.message, leastMs }
  })
  return failures
}

/** Appends until every record is acknowledged. Resolves to why they are not. */
export async function appendPatiently(
  records: readonly OutgoingRecord[],
  { topic, writer }: { topic: string; writer: RecordWriter },
  patience: Patience,
): Promise<MillraceError | undefined> {
  if (records.length === 0) return undefined
  let failure: MillraceError | undefined
  await patiently(patience, async () => {
    failure = await errorOf(writer.write(topic, records))
    return failure && { message: failure.message, leastMs: 0 }
  })
  return failure
}

/** What is worth another attempt, not before `leastMs` have passed. */
interface Passing {
  message: string
  leastMs: number
}

/** Calls `attempt` until it has nothing to try again, or time is up. */
async function patiently(patience: Patience, attempt: () => Promise<Passing | undefined>): Promise<void> {
  const { clock, random, stop, waitMs, say } = patience
  let trouble = await attempt()
  const lastMs = clock.nowMs() + waitMs
  for (let n = 1; trouble && !stop.aborted; n++) {
    const leftMs = lastMs - clock.nowMs()
    if (leftMs <= 0 || trouble.leastMs > leftMs) return
    if (n === 1) say(`${trouble.message} Trying again for up to ${Math.ceil(waitMs / 1000)} s.`)
    await clock.sleep(Math.min(leftMs, Math.max(trouble.leastMs, retryDelayMs(n, random))), stop)
    if (!stop.aborted) trouble = await attempt()
  }
}

async function errorOf(work: Promise<void>): Promise<MillraceError | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    if (error instanceof MillraceError) return error
    throw error
  }
}
