import type { OutgoingRecord } from '../delivery/kafka-records.js'
import type { RecordWriter } from '../delivery/side-topics.js'
import type { Destination, Failure, FailureClass, Payload } from '../destinations/destination.js'
import { retryDelayMs, type Random } from '../runtime/backoff.js'
import { systemClock, type Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import { callsOf } from './calls.js'
import { printable } from './table.js'
import type { Terminal } from './terminal.js'

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

/** A person is waiting. */
export function patienceOf(waitMs: number, terminal: Terminal): Patience {
  const say = (words: string) => terminal.err(printable(words))
  return { clock: systemClock, random: Math.random, stop: terminal.stop, waitMs, say }
}

/** Of a class of failures that a person has to mend, waiting is no use (delivery.md §2). */
const PASSES_BY_ITSELF: readonly FailureClass[] = ['transient', 'throttled']

/**
 * Writes every payload, again and again what fails and may pass by itself; records within the limits of a call, and in the
 * order of their keys. Resolves to what could not be written: beside what is rejected for good nothing, or else everything
 * from there on.
 */
export async function writePatiently<P extends Payload>(
  payloads: readonly P[],
  destination: Pick<Destination<P>, 'write'>,
  patience: Patience,
): Promise<Failure[]> {
  const failures: Failure[] = []
  const saying = sayingOnce(patience)
  for (const call of callsOf(payloads, destination)) {
    const givenUp = failures.find((failure) => !isRejected(failure))
    if (givenUp) failures.push(...call.map((payload) => ({ ...givenUp, payload })))
    else failures.push(...(await writeCall(call, destination, saying)))
  }
  return failures
}

/** Tries to write every payload, and nothing again. */
export function writeOnce<P extends Payload>(
  payloads: readonly P[],
  destination: Pick<Destination<P>, 'write'>,
  { clock, stop }: Pick<Patience, 'clock' | 'stop'>,
): Promise<Failure[]> {
  const none = { waitMs: 0, random: () => 0, say: () => undefined }
  return writePatiently(payloads, destination, { clock, stop, ...none })
}

async function writeCall<P extends Payload>(
  call: readonly P[],
  destination: Pick<Destination<P>, 'write'>,
  patience: Patience,
): Promise<Failure[]> {
  const rejected: Failure[] = []
  let others: Failure[] = []
  let pending = call
  await patiently(patience, async () => {
    const failures = await destination.write(pending, patience.stop)
    rejected.push(...failures.filter(isRejected))
    others = failures.filter((failure) => !isRejected(failure))
    const left = new Set(others.map(({ payload }) => payload))
    pending = pending.filter((payload) => left.has(payload))
    const [first] = others
    if (!first || !others.every((failure) => PASSES_BY_ITSELF.includes(failure.class))) return undefined
    const leastMs = Math.max(0, ...others.map(({ retryAfterMs = 0 }) => retryAfterMs))
    return { message: first.message, leastMs }
  })
  return [...rejected, ...others]
}

const isRejected = (failure: Failure) => failure.class === 'rejected'

function sayingOnce(patience: Patience): Patience {
  let isSaid = false
  const say = (words: string) => {
    if (!isSaid) patience.say(words)
    isSaid = true
  }
  return { ...patience, say }
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
