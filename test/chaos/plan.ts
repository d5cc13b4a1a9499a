import { seededRandom } from '../support/seeded-random.js'

/** What is done to the processes and servers. Requests that fail one by one are rules of the fault proxies. */
export type Disturbance =
  /** kill -9 to an instance; after `lastsMs` another one starts, unless enough are at work. */
  | 'kill'
  /** SIGSTOP to an instance for longer than its session lasts, then SIGCONT: a zombie. */
  | 'freeze'
  /** A further instance starts. */
  | 'add'
  /** SIGTERM to an instance; after `lastsMs` another one starts, unless enough are at work. */
  | 'remove'
  /** kill -9 to the broker; it starts again, on its data, after `lastsMs`. */
  | 'kill broker'
  /** Every connection to Kafka is reset. */
  | 'cut Kafka'
  /** Kafka cannot be reached for `lastsMs`. */
  | 'refuse Kafka'
  /** S3 answers every request with SlowDown for `lastsMs`. */
  | 'S3 down'

export interface Step {
  atMs: number
  disturbance: Disturbance
  /** A number in [0, 1) that chooses the instance. */
  lot: number
  lastsMs: number
}

interface Card {
  disturbance: Disturbance
  /** How long it lasts, between the two. */
  lastsMs: [number, number]
}

/** A consumer group expels a member after this time: the lowest that brokers allow. */
export const SESSION_TIMEOUT_MS = 6_000

/** Each kind comes as often as it stands here before all of them come again. */
const DECK: readonly Card[] = [
  { disturbance: 'kill', lastsMs: [0, 3_000] },
  { disturbance: 'kill', lastsMs: [0, 3_000] },
  { disturbance: 'kill', lastsMs: [3_000, 8_000] },
  { disturbance: 'freeze', lastsMs: [SESSION_TIMEOUT_MS + 1_000, SESSION_TIMEOUT_MS + 6_000] },
  { disturbance: 'freeze', lastsMs: [SESSION_TIMEOUT_MS + 1_000, SESSION_TIMEOUT_MS + 6_000] },
  { disturbance: 'add', lastsMs: [0, 0] },
  { disturbance: 'remove', lastsMs: [0, 5_000] },
  { disturbance: 'kill broker', lastsMs: [0, 3_000] },
  { disturbance: 'cut Kafka', lastsMs: [0, 0] },
  { disturbance: 'refuse Kafka', lastsMs: [500, 4_000] },
  { disturbance: 'S3 down', lastsMs: [1_000, 5_000] },
]

/**
 * Steps are so far apart. A group that waits for a dead member commits nothing until its session has ended: closer, and
 * hardly a range would be delivered; further, and each disturbance would be over before the next.
 */
const PAUSE_MS: [number, number] = [2_000, 7_500]

/** The disturbances of a run of `durationMs`, always the same for a seed. */
export function planOf(seed: number, durationMs: number): Step[] {
  const random = seededRandom(seed)
  const between = ([from, to]: [number, number]) => Math.round(from + random() * (to - from))
  const steps: Step[] = []
  let deck: Card[] = []
  // All instances are in the group and read by then, most of the time.
  let atMs = 4_000
  while (atMs < durationMs) {
    if (deck.length === 0) deck = shuffled(DECK, random)
    const { disturbance, lastsMs } = deck.pop()!
    steps.push({ atMs, disturbance, lot: random(), lastsMs: between(lastsMs) })
    atMs += between(PAUSE_MS)
  }
  return steps
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, lot: random() }))
    .sort((a, b) => a.lot - b.lot)
    .map(({ item }) => item)
}
