import { createGroupSource, type GroupSourceOptions } from '../../src/source/group-source.js'
import type { KafkaSettings } from '../../src/source/kafka-settings.js'
import type { Lease, PartitionState, Source, SourceListener } from '../../src/source/source.js'
import { createLogger } from '../../src/runtime/logger.js'
import { systemClock } from '../../src/runtime/clock.js'
import { eventually } from './eventually.js'

/** Nothing is printed. */
export const silentLogger = createLogger({ level: 'silent', format: 'json' })

/** Plain text to these brokers. */
export function plainKafka(brokers: string[], clientId = 'source'): KafkaSettings {
  return { brokers, clientId, ssl: false }
}

interface SourceLogOptions extends Pick<GroupSourceOptions, 'groupId' | 'topics'> {
  kafka: KafkaSettings
  tuning?: GroupSourceOptions['tuning']
  /** Instead of "go on where the group was, else from the first offset". */
  begin?: (state: PartitionState, lease: Lease) => number | Promise<number>
}

/** A group source that writes down everything it is told. */
export class SourceLog implements SourceListener {
  readonly source: Source
  /** Leases that live, by partition key. */
  readonly leases = new Map<string, Lease>()
  readonly states = new Map<string, PartitionState>()
  /** What was told, in order, apart from records. */
  readonly events: string[] = []
  /** Values as text, in the order they came, and where to read on, by partition key. */
  readonly values = new Map<string, (string | null)[]>()
  readonly next = new Map<string, number>()
  rebalances = 0
  readonly outOfRanges: { position: number; low: number; high: number }[] = []
  /** Called before each chunk is written down. */
  onRecords = () => {}
  readonly #begin: NonNullable<SourceLogOptions['begin']>

  constructor({ begin = (state) => state.committed ?? state.low, ...options }: SourceLogOptions) {
    this.#begin = begin
    // Heartbeats are close together, so that a rebalance is soon heard of; a machine that stands still for seconds ends none.
    const tuning = {
      sessionTimeoutMs: 30_000,
      heartbeatIntervalMs: 300,
      metadataMaxAgeMs: 500,
      missingTopicCheckMs: 300,
    }
    this.source = createGroupSource({
      clock: systemClock,
      logger: silentLogger,
      ...options,
      tuning: { ...tuning, ...options.tuning },
    })
    this.source.start(this)
  }

  async assigned(lease: Lease, state: PartitionState): Promise<number> {
    const key = `${lease.topic}/${lease.partition}`
    this.leases.set(key, lease)
    this.states.set(key, state)
    this.events.push(`assigned ${key}`)
    return this.#begin(state, lease)
  }

  revoked(lease: Lease): void {
    const key = `${lease.topic}/${lease.partition}`
    if (this.leases.get(key) === lease) this.leases.delete(key)
    this.events.push(`revoked ${key}`)
  }

  records({ topic, partition }: Lease, chunk: Parameters<SourceListener['records']>[1]): void {
    const key = `${topic}/${partition}`
    this.onRecords()
    const values = this.values.get(key) ?? []
    chunk.forEach(({ bytes, valueStart, valueEnd }) =>
      values.push(valueStart < 0 ? null : bytes.toString('utf8', valueStart, valueEnd)),
    )
    this.values.set(key, values)
    this.next.set(key, chunk.next)
  }

  outOfRange({ topic, partition }: Lease, range: { position: number; low: number; high: number }): void {
    this.outOfRanges.push(range)
    this.events.push(`out of range ${topic}/${partition}`)
  }

  trouble(code: string, message: string, needsPerson: boolean): void {
    this.events.push(`trouble ${code}${needsPerson ? ' (person)' : ''}`)
    if (message === '') throw new Error('trouble without a message')
  }

  healthy(): void {
    this.events.push('healthy')
  }

  rebalanced(): void {
    this.rebalances++
  }

  /** The lease of `topic/partition`; throws when it is not held. */
  lease(key: string): Lease {
    const lease = this.leases.get(key)
    if (!lease) throw new Error(`no lease on ${key}`)
    return lease
  }

  /** All values of all partitions, sorted. */
  get allValues(): (string | null)[] {
    return [...this.values.values()].flat().sort()
  }

  /** Resolves when `count` records have come. */
  async has(count: number, timeoutMs = 90_000): Promise<void> {
    await eventually(() => this.allValues.length >= count, { timeoutMs, because: `no ${count} records have come` })
  }

  /** Resolves when `count` leases are held. */
  async holds(count: number, timeoutMs = 90_000): Promise<void> {
    await eventually(() => this.leases.size === count, { timeoutMs, because: `there are not ${count} leases` })
  }

  close(): Promise<void> {
    return this.source.close()
  }
}
