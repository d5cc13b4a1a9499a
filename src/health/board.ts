import type { ConnectorSettings } from '../config/configuration.js'
import type { Clock } from '../runtime/clock.js'
import type { ConnectorLag, LeasedPartition } from './lag.js'
import type { LocalConnector, LocalHealth } from './local-health.js'
import { snapshotOf, type LocalState } from './local-snapshot.js'
import type { HealthReader, InstanceReport, Sample, Verdict } from './report.js'
import { COARSE_MS, FINE_MS, Watched, type Now } from './watched.js'
import type { JournalCopy, Snapshot } from './snapshot.js'

export interface BoardParts {
  /** Every connector of the configuration. */
  connectors: readonly ConnectorSettings[]
  /** Those of this process, by name. */
  local: ReadonlyMap<string, LocalState>
  /** Null while Kafka has not said. */
  lagOf: (connector: string) => ConnectorLag | null
  process: Omit<InstanceReport, 'seenAtMs'>
  clock: Clock
}

/** Reports are as old as this at most. */
const BEAT_MS = 1_000
/** As often as Kafka is asked how far each partition is. */
const LEASED_MS = 5_000
/** A turn of everything that is done here takes a fraction of a second. */
const STUCK_MS = 30_000

/** The whole picture: this process's connectors, and what others and Kafka say; built anew every second, and whenever told. */
export class Board implements HealthReader {
  readonly #watched: ReadonlyMap<string, Watched>
  readonly #listeners = new Set<(names: ReadonlySet<string>) => void>()
  readonly #leased = new Map<string, { leased: readonly LeasedPartition[]; atMs: number }>()
  #beatMs: number

  constructor(private readonly parts: BoardParts) {
    const { connectors, process, clock } = parts
    this.#watched = new Map(connectors.map((each) => [each.name, new Watched(each, process.startedAtMs)]))
    this.#beatMs = clock.monotonicMs()
  }

  get instance(): InstanceReport {
    return { ...this.parts.process, seenAtMs: this.parts.clock.nowMs() }
  }

  instances(): InstanceReport[] {
    const instances = new Map([[this.instance.name, this.instance]])
    for (const watched of this.#watched.values()) {
      for (const { instance: name, version, startedAtMs, atMs: seenAtMs } of watched.live(this.#now)) {
        const known = instances.get(name)
        if (!known || known.seenAtMs < seenAtMs) instances.set(name, { name, version, startedAtMs, seenAtMs })
      }
    }
    return [...instances.values()]
  }

  connectors() {
    return [...this.#watched].map(([name, watched]) => watched.report(this.#now, this.parts.lagOf(name)))
  }

  connector(name: string) {
    return this.#watched.get(name)?.report(this.#now, this.parts.lagOf(name))
  }

  errors(name: string) {
    this.#hearOwnJournal(name)
    return this.#watched.get(name)?.errors ?? []
  }

  timeline(name: string) {
    this.#hearOwnJournal(name)
    return this.#watched.get(name)?.timeline(this.#now) ?? []
  }

  history(name: string) {
    const watched = this.#watched.get(name)
    const nowMs = this.parts.clock.nowMs()
    const [fine, coarse] = [watched?.fine.since(nowMs) ?? [], watched?.coarse.since(nowMs) ?? []]
    return { fineMs: FINE_MS, fine, coarseMs: COARSE_MS, coarse }
  }

  onChange(listener: (names: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  live(): Verdict {
    const silentMs = this.parts.clock.monotonicMs() - this.#beatMs
    if (silentMs < STUCK_MS) return { isOk: true, reason: 'alive' }
    return { isOk: false, reason: `nothing has turned for ${Math.round(silentMs / 1000)} s` }
  }

  /**
   * Ready when every connector that can has joined its group, whatever the others have; not while Kafka answers none of them
   * (faults.md: 9, 64).
   */
  ready(): Verdict {
    const healths = [...this.parts.local.values()].map(({ health }) => health)
    const joined = healths.filter(({ isReady }) => isReady)
    const starting = healths.filter(({ isReady, state }) => !isReady && state === 'starting')
    const names = starting.map(({ connector }) => connector).join(', ')
    if (starting.length > 0) return { isOk: false, reason: `not joined its consumer group yet: ${names}` }
    const troubles = joined.length > 0 ? joined.map((each) => each.kafkaTrouble) : healths.map(({ trouble }) => trouble)
    if (troubles.length > 0 && troubles.every((trouble) => trouble?.code.startsWith('KAFKA_'))) {
      const what = joined.length > 0 ? 'no connector reaches Kafka' : 'no connector could join its group'
      return { isOk: false, reason: `${what}: ${troubles[0]?.message}` }
    }
    return { isOk: true, reason: `ready, ${joined.length} of ${healths.length} connectors have joined their groups` }
  }

  /** What metrics are made of. */
  get local(): LocalHealth {
    return { version: this.parts.process.version, connectors: () => this.#localConnectors() }
  }

  #localConnectors(): LocalConnector[] {
    return [...this.parts.local].map(([name, local]) => ({
      name,
      destinationType: this.#watched.get(name)!.settings.destination.type,
      tally: local.health.tally,
      buffered: local.buffered,
      report: () => this.connector(name)!,
    }))
  }

  /** What another process, or an earlier one, has said; `ageMs`: how long ago. Of connectors that are not ours: nothing. */
  hear(snapshot: Snapshot, ageMs: number): void {
    this.#watched.get(snapshot.connector)?.hear(snapshot, this.parts.clock.monotonicMs() - ageMs)
  }

  /** Whether this process has said it, in this life. */
  isOwn({ instance, startedAtMs }: Pick<Snapshot, 'instance' | 'startedAtMs'>): boolean {
    const { process } = this.parts
    return instance === process.name && startedAtMs === process.startedAtMs
  }

  hearJournal(journal: JournalCopy): void {
    this.#watched.get(journal.connector)?.hearJournal(journal)
  }

  hearSample(connector: string, sample: Sample): void {
    this.#watched.get(connector)?.coarse.put(sample)
  }

  /** What processes say of the partitions they have. */
  leased(connector: string): LeasedPartition[] {
    const { local, process } = this.parts
    const others = this.#watched.get(connector)?.live(this.#now) ?? []
    return [
      ...(local.get(connector)?.leased() ?? []),
      ...others.filter(({ instance }) => instance !== process.name).flatMap(({ leased }) => leased),
    ]
  }

  /** The connectors of this process as they are now. */
  snapshots(): Snapshot[] {
    const { local, process, clock } = this.parts
    const instance = { ...process, seenAtMs: clock.nowMs() }
    return [...local].map(([name, each]) => {
      const knownSuccessAtMs = this.#watched.get(name)?.lasting.lastSuccessAtMs ?? null
      return snapshotOf(each, { leased: this.#leasedHere(name, each), knownSuccessAtMs, atMs: clock.nowMs() }, instance)
    })
  }

  /** Asked of the lanes every few seconds: there may be thousands. */
  #leasedHere(name: string, { leased }: LocalState): readonly LeasedPartition[] {
    const nowMs = this.parts.clock.monotonicMs()
    const known = this.#leased.get(name)
    if (known && nowMs - known.atMs < LEASED_MS) return known.leased
    const looked = { leased: leased(), atMs: nowMs }
    this.#leased.set(name, looked)
    return looked.leased
  }

  journals(): JournalCopy[] {
    return [...this.parts.local.keys()].flatMap((connector) => this.#journal(connector) ?? [])
  }

  #journal(connector: string): JournalCopy | undefined {
    const { local, process } = this.parts
    const journal = local.get(connector)?.health.journal
    const { name: instance, startedAtMs } = process
    if (!journal) return undefined
    const { version, entries, errors } = journal
    return { connector, instance, startedAtMs, version, entries: [...entries], errors }
  }

  /** Builds every report anew, and tells who listens. Returns the slices of the history that have ended. */
  beat(): { connector: string; sample: Sample }[] {
    this.#beatMs = this.parts.clock.monotonicMs()
    for (const snapshot of this.snapshots()) this.hear(snapshot, 0)
    const watched = [...this.#watched]
    const changed = new Set(
      watched.filter(([name, each]) => each.refresh(this.#now, this.parts.lagOf(name))).map(nameOf),
    )
    if (changed.size > 0) for (const listener of this.#listeners) listener(changed)
    return watched.flatMap(([connector, each]) => {
      const sample = each.sample(this.#now)
      return sample ? [{ connector, sample }] : []
    })
  }

  /** Beats until `signal` aborts. */
  async run(signal: AbortSignal, onSlices: (slices: { connector: string; sample: Sample }[]) => void): Promise<void> {
    while (!signal.aborted) {
      const slices = this.beat()
      if (slices.length > 0) onSlices(slices)
      await this.parts.clock.sleep(BEAT_MS, signal)
    }
  }

  #hearOwnJournal(name: string): void {
    const own = this.#journal(name)
    if (own) this.hearJournal(own)
  }

  get #now(): Now {
    const { clock } = this.parts
    return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }
  }
}

const nameOf = ([name]: readonly [string, unknown]) => name
