import type { ConnectorSettings } from '../config/configuration.js'
import { whatToDo, withoutAdvice } from './advice.js'
import type { ConnectorLag } from './lag.js'
import { Lasting } from './lasting.js'
import { partitionsOf, reportOf, type Partitions } from './merge.js'
import { FIRST, Progress } from './progress.js'
import type { ConnectorReport, ErrorReport, Sample, TimelineEntry } from './report.js'
import { Series } from './series.js'
import { lifeOf, type JournalCopy, type Snapshot } from './snapshot.js'

/** Three times the longest silence of a process that lives (`service/health-topic.ts`). */
const SILENT_MS = 45_000
const DAY_MS = 24 * 3_600_000
/** Rates are of the last minute, measured every five seconds. */
const RATE_MS = 60_000
const RATE_STEP_MS = 5_000

export const FINE_MS = 30_000
export const COARSE_MS = 5 * 60_000

/** What depends on the time alone changes slowly. */
const REBUILD_MS = 5_000

/** An instant of two clocks. */
export interface Now {
  wallMs: number
  monotonicMs: number
}

/** Everything that is known of one connector: what this process and all others say, what Kafka says, and what was before. */
export class Watched {
  readonly fine = new Series(FINE_MS, 3_600_000 / FINE_MS)
  readonly coarse = new Series(COARSE_MS, DAY_MS / COARSE_MS)
  readonly lasting = new Lasting()
  readonly #heard = new Map<string, { snapshot: Snapshot; atMs: number }>()
  readonly #journals = new Map<string, JournalCopy>()
  readonly #progress: Progress
  #rates: { atMs: number; consumed: number; delivered: number }[] = []
  #report: ConnectorReport | null = null
  #builtMs = -Infinity
  #partitions: PartitionsThen | null = null
  /** What the report was built of. */
  #lag: ConnectorLag | null = null
  #seen = ''

  constructor(
    readonly settings: ConnectorSettings,
    private readonly fromMs: number,
  ) {
    this.#progress = new Progress(fromMs)
  }

  /** `atMs`: when it was said, by the monotonic clock. */
  hear(snapshot: Snapshot, atMs: number): void {
    const life = lifeOf(snapshot)
    const known = this.#heard.get(life)
    if (known && known.snapshot.atMs > snapshot.atMs) return
    this.#heard.set(life, { snapshot, atMs })
    this.#progress.hear(snapshot)
    this.lasting.hear(snapshot)
  }

  hearJournal(journal: JournalCopy): void {
    this.#journals.set(lifeOf(journal), journal)
  }

  live({ monotonicMs }: Now): Snapshot[] {
    const isAlive = ({ snapshot, atMs }: { snapshot: Snapshot; atMs: number }) =>
      monotonicMs - atMs < SILENT_MS && snapshot.state !== 'stopped'
    const alive = [...this.#heard.values()].filter(isAlive).map(({ snapshot }) => snapshot)
    return alive.length < 2 ? alive : alive.filter((snapshot) => !alive.some((other) => isLaterLife(other, snapshot)))
  }

  /** As it was built last; built when there is none. */
  report(now: Now, lag: ConnectorLag | null): ConnectorReport {
    return this.#report ?? this.#build(now, lag, this.#perSecond(now))
  }

  /** Builds the report anew where something has changed, and every few seconds; says whether something has. */
  refresh(now: Now, lag: ConnectorLag | null): boolean {
    const perSecond = this.#perSecond(now)
    const seen = [...this.live(now).map(factsOf), ...Object.values(perSecond).map((rate) => rate.toFixed(1))].join()
    const isChanged = seen !== this.#seen || lag !== this.#lag
    this.#seen = seen
    if (isChanged || now.monotonicMs - this.#builtMs >= REBUILD_MS) this.#build(now, lag, perSecond)
    return isChanged
  }

  #build(now: Now, lag: ConnectorLag | null, perSecond: PerSecond): ConnectorReport {
    const live = this.live(now)
    this.#forgetDead(live)
    this.#lag = lag
    this.#builtMs = now.monotonicMs
    const { settings, lasting, fromMs: aloneSinceMs } = this
    const partitions = this.#partitionsOf(live, lag, now)
    const known = { settings, live, last: this.#last(), lasting, lag, partitions, aloneSinceMs, ...perSecond }
    this.#report = reportOf(known, now.wallMs)
    return this.#report
  }

  /** There may be thousands of all connectors: they are put together when Kafka or an owner has said something new of them. */
  #partitionsOf(live: readonly Snapshot[], lag: ConnectorLag | null, { monotonicMs }: Now): Partitions {
    const lives = live.map(lifeOf).join()
    const then = this.#partitions
    if (then?.lag === lag && then.lives === lives && monotonicMs - then.atMs < REBUILD_MS) return then.partitions
    const partitions = partitionsOf(lag, live)
    this.#partitions = { lag, lives, atMs: monotonicMs, partitions }
    return partitions
  }

  /** Ends a slice of the history where it is time; the coarse one that has ended, if any. */
  sample(now: Now): Sample | undefined {
    const { lagEvents = null, oldestUndeliveredAtMs = null } = this.#report ?? {}
    const oldestUndeliveredAgeMs =
      oldestUndeliveredAtMs === null ? null : Math.max(0, now.wallMs - oldestUndeliveredAtMs)
    const behind = { lagEvents, oldestUndeliveredAgeMs }
    const { counted } = this.#progress
    this.fine.add(now.wallMs, counted, behind)
    return this.coarse.add(now.wallMs, counted, behind)
  }

  /** Most recent first. */
  get errors(): ErrorReport[] {
    const { type } = this.settings.destination
    const byCode = new Map<string, ErrorReport>()
    for (const error of [...this.#journals.values()].flatMap((journal) => journal.errors)) {
      const known = byCode.get(error.code)
      const newer = known && known.lastAtMs > error.lastAtMs ? known : error
      const advice = whatToDo(type, error.code)
      byCode.set(error.code, {
        ...{ code: error.code, message: withoutAdvice(newer.message, advice), whatToDo: advice },
        firstAtMs: Math.min(known?.firstAtMs ?? Infinity, error.firstAtMs),
        lastAtMs: newer.lastAtMs,
        count: (known?.count ?? 0) + error.count,
      })
    }
    return [...byCode.values()].sort((a, b) => b.lastAtMs - a.lastAtMs)
  }

  /** Newest first. */
  timeline({ wallMs }: Now): TimelineEntry[] {
    const entries = [...this.#journals.values()].flatMap((journal) => journal.entries)
    return entries.filter(({ atMs }) => wallMs - atMs < DAY_MS).sort((a, b) => b.atMs - a.atMs)
  }

  /** Of processes that have ended only the last one tells something. */
  #forgetDead(live: readonly Snapshot[]): void {
    const last = this.#last()
    for (const [life, { snapshot }] of this.#heard)
      if (snapshot !== last && !live.includes(snapshot)) this.#heard.delete(life)
  }

  #last(): Snapshot | null {
    const snapshots = [...this.#heard.values()].map(({ snapshot }) => snapshot)
    return snapshots.reduce<Snapshot | null>((last, each) => (last && last.atMs > each.atMs ? last : each), null)
  }

  #perSecond({ monotonicMs }: Now): PerSecond {
    const { counted } = this.#progress
    const now = { atMs: monotonicMs, consumed: counted[FIRST.consumed] ?? 0, delivered: counted[FIRST.delivered] ?? 0 }
    const newest = this.#rates.at(-1)
    if (!newest || monotonicMs - newest.atMs >= RATE_STEP_MS) this.#rates.push(now)
    while (this.#rates.length > 1 && monotonicMs - this.#rates[1]!.atMs >= RATE_MS) this.#rates.shift()
    const [oldest] = this.#rates
    const seconds = oldest ? (monotonicMs - oldest.atMs) / 1000 : 0
    if (!oldest || seconds === 0) return { inPerSecond: 0, outPerSecond: 0 }
    return {
      inPerSecond: (now.consumed - oldest.consumed) / seconds,
      outPerSecond: (now.delivered - oldest.delivered) / seconds,
    }
  }
}

/** Partitions, and what they were put together of. */
interface PartitionsThen {
  lag: ConnectorLag | null
  lives: string
  atMs: number
  partitions: Partitions
}

type PerSecond = Pick<ConnectorReport, 'inPerSecond' | 'outPerSecond'>

/** Killed, and started again under the same name. */
function isLaterLife(other: Snapshot, { instance, startedAtMs }: Snapshot): boolean {
  return other.instance === instance && other.startedAtMs > startedAtMs
}

/** Everything of a snapshot that is shown, but the instants that change with every look. */
function factsOf(snapshot: Snapshot): string {
  const { state, sinceMs, trouble, totals, lastSuccessAtMs, leased } = snapshot
  const { consumed, returned, delivered, filtered, dropped, deadLettered, buffered } = totals
  const counts = [consumed, returned, delivered, filtered, dropped.credentials, dropped.retention, deadLettered]
  const what = [
    lifeOf(snapshot),
    state,
    sinceMs,
    trouble?.code,
    trouble?.message,
    trouble?.failingSinceMs,
    lastSuccessAtMs,
  ]
  return [...what, ...counts, buffered.events, leased.length].join()
}
