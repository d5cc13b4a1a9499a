import { decodeMetadata } from '../../src/range/commit-metadata.js'
import { MemoryBudget, type MemoryShare } from '../../src/delivery/memory-budget.js'
import type { OutgoingRecord } from '../../src/delivery/kafka-records.js'
import type { Failure, ObjectPayload } from '../../src/destinations/destination.js'
import type { Catalogue, SchemaVersion } from '../../src/events/catalogue.js'
import type { Transcoded } from '../../src/events/transcoder.js'
import { ConnectorHealth } from '../../src/health/connector-health.js'
import { startPipeline, type Pipeline, type PipelineParts } from '../../src/pipeline.js'
import type { OpenObject } from '../../src/range/object-encoder.js'
import { MillraceError } from '../../src/runtime/errors.js'
import type { CheckResult } from '../../src/runtime/checklist.js'
import { createLogger } from '../../src/runtime/logger.js'
import type {
  CommitOutcome,
  Lease,
  PartitionState,
  RecordView,
  Source,
  SourceListener,
} from '../../src/source/source.js'
import { FakeClock } from './fake-clock.js'

export const schemaOf = (eventType: string, schemaId = 1): SchemaVersion => ({
  eventType,
  schemaId,
  isFirst: schemaId === 1,
  json: '{}',
})

/** A record whose value is the text; the event type is what stands before a space, `bad`, `skip` and `` have fates of their own. */
export interface TestRecord {
  offset: number
  text: string
  timestampMs?: number
}

interface TestLease extends Lease {
  valid: boolean
}

type HarnessParts = Partial<Omit<PipelineParts, 'clock'>> & {
  clock?: FakeClock
  /** How often the pipeline looks whether the secret has changed; not at all unless told. */
  secretPollMs?: number
}

/**
 * One pipeline between a source and a destination that do what the test says. Every effect on the outside is one line in
 * `effects`, in order: `commit <partition> <offset>` with what stands beside it, `put <type> <partition>+<first offset> <events>`, `pause`, `resume`, `seek`.
 */
export class PipelineHarness {
  readonly clock: FakeClock
  readonly effects: string[] = []
  /** Steps of the 48-hour rule of which people were told. */
  readonly steps: string[] = []
  readonly health = new ConnectorHealth('test', createLogger({ level: 'silent', format: 'json' }), {
    changed: () => undefined,
    worked: () => undefined,
    deadLettered: () => undefined,
    credentials: ({ step }) => void this.steps.push(step),
  })
  readonly deadLetters: OutgoingRecord[] = []
  readonly drops: OutgoingRecord[] = []
  /** What is committed, by `topic/partition`; another instance of the same group may commit here as well. */
  readonly metadata = new Map<string, string>()
  readonly offsets = new Map<string, number>()
  readonly pipeline: Pipeline
  readonly leases = new Map<number, TestLease>()
  /** What the destination answers next; afterwards it succeeds. */
  failures: Omit<Failure, 'payload'>[] = []
  /** What the broker answers next; afterwards it accepts. */
  commitOutcomes: CommitOutcome[] = []
  /** What stands in for the secrets of the account. */
  secret = { digest: 'first', isFresh: true }
  /** High watermarks, by `topic/partition`. */
  readonly ends = new Map<string, number>()
  /** Called when a lane reads on from an offset it has asked for. */
  onSeek: ((partition: number, offset: number) => void) | null = null
  #share: MemoryShare | undefined
  readonly #sought = new Map<number, number>()
  readonly #paused = new Set<number>()
  /** What the destination answers when it is asked without a write. */
  looks: CheckResult[] = []
  /** How the dead-letter topic and the ledger refuse, as long as they do. */
  refusalCode: 'KAFKA_WRITE' | 'KAFKA_WRITE_REFUSED' = 'KAFKA_WRITE'
  /** A commit is answered when this has resolved. */
  beforeCommit: ((metadata: string, partition: number) => Promise<unknown>) | null = null
  #onPuts: { left: number; action: () => void } | null = null
  groupFails = false
  ledgerFails = false
  /** While it is set, the destination answers nothing else. */
  outage: Omit<Failure, 'payload'> | null = null
  /** Payloads that are refused while others are taken, by event type, partition and first offset. */
  refuses: ((key: string) => boolean) | null = null
  refusesBody: ((key: string, body: string) => boolean) | null = null
  refusesAs: Failure['class'] = 'credentials'
  /** The destination tells its time, which is ours. */
  honest = false
  readonly #objects = new Map<string, string>()
  #gate: Promise<void> | null = null
  /** How many times the dead-letter topic refuses. */
  refusals = 0
  #listener!: SourceListener
  /** The offset that is read next, by partition. */
  readonly #positions = new Map<number, number>()

  /** `usableBytes`: what the budget lets the pipeline fill, half of its memory. */
  constructor(parts: HarnessParts = {}, usableBytes = 1e9) {
    this.clock = parts.clock ?? new FakeClock()
    this.pipeline = startPipeline({
      source: this.#source(),
      destination: {
        write: (payloads) => this.#write(payloads as readonly ObjectPayload[]),
        check: () => Promise.resolve(this.looks),
        close: () => this.#effect('close destination'),
      },
      writer: { write: (topic, records) => this.#append(topic, records) },
      topics: { drops: 'drops', deadLetters: 'dead' },
      range: {
        connector: 'test',
        plan: { folder: 'currents', cluster: 'c', zone: 'z', topicInKey: false, codec: 'null' },
        transcoder: { transcode: (record) => transcode(record) },
        formats: { null: openObject, deflate: openObject },
      },
      limits: { maxEvents: 10, maxEventsUnderLoad: 20, maxBytes: 1e6 },
      maxAgeMs: 300_000,
      from: 'beginning',
      catalogue: { get: () => undefined, names: () => [] } satisfies Catalogue,
      budget: this.#watched(new MemoryBudget(2 * usableBytes, 1)),
      clock: this.clock,
      random: () => 0.5,
      health: this.health,
      logger: createLogger({ level: 'silent', format: 'json' }),
      credentialFailure: { periodMs: 48 * 3_600_000, onExpiry: 'drop' },
      place: 'here',
      instance: 'test/1',
      secrets: { read: () => ({ ...this.secret }), pollMs: parts.secretPollMs ?? null },
      group: {
        committed: () =>
          this.groupFails
            ? Promise.reject(new MillraceError('KAFKA_UNREACHABLE', 'no answer'))
            : Promise.resolve([...this.metadata].map(([source, metadata]) => ({ source, metadata }))),
        ends: () => Promise.resolve(this.ends),
      },
      reachLedger: () =>
        this.ledgerFails ? Promise.reject(new MillraceError('KAFKA_WRITE', 'no ledger')) : Promise.resolve(),
      ...parts,
    })
  }

  /** A lease begins; resolves to the offset the pipeline wants to read first. */
  async assign(partition: number, state: Partial<PartitionState> = {}): Promise<number> {
    const lease = { topic: 'events', partition, valid: true }
    this.leases.set(partition, lease)
    const given = { committed: 0, metadata: '', low: 0, high: 1_000_000, isNewPartition: false, ...state }
    const first = await this.#listener.assigned(lease, given)
    this.#positions.set(partition, first)
    return first
  }

  /** A chunk arrives; `next` is the offset after the last record unless told. */
  records(partition: number, records: TestRecord[], next = (records.at(-1)?.offset ?? -1) + 1): void {
    const from = this.#positions.get(partition) ?? 0
    this.#positions.set(partition, next)
    const views = records.map(viewOf)
    this.#listener.records(this.#lease(partition), { from, next, forEach: (each) => views.forEach(each) })
  }

  /** `count` events of one type in one chunk. */
  events(partition: number, first: number, count: number, type = 'a'): void {
    this.records(
      partition,
      Array.from({ length: count }, (_, n) => ({ offset: first + n, text: `${type} ${first + n}` })),
    )
  }

  /** A chunk that was fetched before arrives once more. */
  again(partition: number, first: number, count: number): void {
    const position = this.#positions.get(partition)
    this.#positions.set(partition, first)
    this.events(partition, first, count)
    if (position !== undefined) this.#positions.set(partition, position)
  }

  /** The member of the group has joined, or works again. */
  healthy(): void {
    this.#listener.healthy()
  }

  trouble(code: string, needsPerson: boolean): void {
    this.#listener.trouble(code, `${code} in words`, needsPerson)
  }

  revoke(partition: number): void {
    const lease = this.#lease(partition)
    lease.valid = false
    this.#listener.revoked(lease)
  }

  outOfRange(partition: number, range: { position: number; low: number; high: number }): void {
    this.#listener.outOfRange(this.#lease(partition), range)
  }

  /** The destination hangs until the returned function is called. */
  hang(): () => void {
    let open = () => {}
    this.#gate = new Promise((resolve) => (open = resolve))
    return () => {
      this.#gate = null
      open()
    }
  }

  /** Lets everything go on that does not wait for time, however many turns it takes: probes, sweeps. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) await this.clock.settle()
  }

  /** Calls `action` right after so many further objects have been put. */
  afterPuts(left: number, action: () => void): void {
    this.#onPuts = { left, action }
  }

  /** The offsets in all objects there are, in order; one that is in two objects stands there twice. */
  delivered(): number[] {
    const offsets = [...this.#objects.values()].flatMap((body) => {
      const [first = 0, last = -1] = body.split(/\.\.|x/).map(Number)
      return Array.from({ length: last - first + 1 }, (_, n) => first + n)
    })
    return offsets.sort((a, b) => a - b)
  }

  /** Effects since the last call, when everything that does not wait for time has settled. */
  async effectsSince(): Promise<string[]> {
    await this.clock.settle()
    return this.effects.splice(0)
  }

  /** Memory that the pipeline holds. */
  get heldBytes(): number {
    return this.#share?.heldBytes ?? 0
  }

  #watched(budget: MemoryBudget): Pick<MemoryBudget, 'share'> {
    return { share: (onRoom) => (this.#share = budget.share(onRoom)) }
  }

  #lease(partition: number): TestLease {
    const lease = this.leases.get(partition)
    if (!lease) throw new RangeError(`partition ${partition} is not assigned`)
    return lease
  }

  #effect(line: string): Promise<void> {
    this.effects.push(line)
    return Promise.resolve()
  }

  #source(): Source {
    return {
      start: (listener) => (this.#listener = listener),
      pause: ({ partition }) => {
        this.effects.push(`pause ${partition}`)
        this.#paused.add(partition)
      },
      resume: ({ partition }) => {
        this.effects.push(`resume ${partition}`)
        this.#paused.delete(partition)
        this.#feed(partition)
      },
      seek: ({ partition }, offset) => {
        this.#positions.set(partition, offset)
        this.effects.push(`seek ${partition} ${offset}`)
        this.#sought.set(partition, offset)
        this.#feed(partition)
      },
      offsetAt: (_lease, timestampMs) => Promise.resolve(timestampMs / 1000),
      close: () => this.#effect('close source'),
      commit: (lease, offset, metadata) => {
        this.effects.push(`commit ${lease.partition} ${offset}${shownMetadata(metadata)}`)
        const answered = () => {
          const outcome = lease.valid ? (this.commitOutcomes.shift() ?? 'accepted') : 'lost'
          if (outcome === 'accepted') {
            this.metadata.set(`events/${lease.partition}`, metadata)
            this.offsets.set(`events/${lease.partition}`, offset)
          }
          return outcome
        }
        return (this.beforeCommit?.(metadata, lease.partition) ?? Promise.resolve()).then(answered)
      },
    }
  }

  async #write(payloads: readonly ObjectPayload[]): Promise<Failure[]> {
    await this.#gate
    const told = this.outage ?? this.failures.shift()
    const failure = told && this.honest ? { ...told, serverAtMs: this.clock.nowMs() } : told
    if (failure) this.effects.push(`fail ${failure.code}`)
    if (failure) return payloads.map((payload) => ({ ...failure, payload }))
    const bodies = new Map<ObjectPayload, string>()
    for (const payload of payloads) bodies.set(payload, String(await payload.body()))
    const refused = payloads.filter(
      (payload) =>
        this.refuses?.(shortKey(payload.key)) ?? this.refusesBody?.(shortKey(payload.key), bodies.get(payload)!),
    )
    for (const { key } of refused) this.effects.push(`refuse ${shortKey(key)}`)
    const denied = { class: this.refusesAs, code: 'Refused', message: 'refused' }
    for (const payload of payloads.filter((each) => !refused.includes(each))) {
      const key = shortKey(payload.key)
      this.effects.push(`put ${key} ${bodies.get(payload)}`)
      this.#objects.set(key, bodies.get(payload)!)
      if (this.#onPuts && --this.#onPuts.left === 0) this.#onPuts.action()
    }
    return refused.map((payload) => ({ ...denied, payload }))
  }

  /** What was asked for arrives later, unless the partition is paused by then. */
  #feed(partition: number): void {
    setImmediate(() => {
      const offset = this.#sought.get(partition)
      if (offset === undefined || this.#paused.has(partition)) return
      this.#sought.delete(partition)
      this.onSeek?.(partition, offset)
    })
  }

  #append(topic: string, records: readonly OutgoingRecord[]): Promise<void> {
    if (this.refusals-- > 0) return Promise.reject(new MillraceError(this.refusalCode, `${topic} cannot be written`))
    this.effects.push(`append ${topic} ${records.length}`)
    ;(topic === 'dead' ? this.deadLetters : this.drops).push(...records)
    return Promise.resolve()
  }
}

/** Event type, partition and first offset of an object's key. */
function shortKey(key: string): string {
  return key.replace(/^.*event_type=([^/]+)\/.*\+(\d+\+\d+)\.avro$/, '$1 $2')
}

/** The intent, and T0 as the seconds of its hour, with how many steps were told. */
function shownMetadata(text: string): string {
  const decoded = decodeMetadata(text)
  if (decoded.kind !== 'ours') return ` ${decoded.kind}`
  const { intent, marks } = decoded
  const range = intent && ` ${intent.drop ? 'drop' : 'intent'} ${intent.end}`
  const failing =
    marks.failing &&
    ` failing since ${new Date(marks.failing.sinceMs).toISOString().slice(11, 19)}, told ${marks.failing.told}`
  return `${range ?? ''}${failing ?? ''}`
}

function viewOf({ offset, text, timestampMs = 0 }: TestRecord): RecordView {
  const bytes = Buffer.from(text)
  return {
    offset,
    timestampMs,
    bytes,
    valueStart: text === '' ? -1 : 0,
    valueEnd: bytes.length,
    header: () => undefined,
    key: () => Buffer.from('key'),
    copy: () => ({ key: Buffer.from('key'), value: bytes, headers: [{ name: 'own', value: Buffer.from('header') }] }),
  }
}

function transcode({ bytes, valueStart }: RecordView): Transcoded {
  const type = String(bytes).split(' ')[0] ?? ''
  if (valueStart < 0) return { verdict: 'tombstone' }
  if (type === 'skip') return { verdict: 'filtered' }
  if (type === 'bad') return { verdict: 'rejected', rejection: { reason: 'NOT_JSON', message: 'no JSON' } }
  const known = schemas.get(type) ?? schemaOf(type)
  schemas.set(type, known)
  return { verdict: 'encoded', schema: known, bytes, length: bytes.length }
}

const schemas = new Map<string, SchemaVersion>()

/** An object's body is `<first event>..<last event>x<count>`; it holds 100 bytes an event. */
const openObject: OpenObject = ({ firstOffset }, account) => {
  let last = firstOffset
  let events = 0
  return {
    append: (_bytes, _length, offset) => {
      last = offset
      events++
      account(100)
    },
    get encodedBytes() {
      return events * 100
    },
    get events() {
      return events
    },
    close: () => undefined,
    body: () => Promise.resolve(Buffer.from(`${firstOffset}..${last}x${events}`)),
  }
}
