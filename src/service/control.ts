import type { OutgoingRecord } from '../delivery/kafka-records.js'
import type { Clock } from '../runtime/clock.js'
import type { Logger } from '../runtime/logger.js'
import type { TopicRecord } from '../source/kafka-reader.js'
import type { KafkaWriter } from '../source/kafka-writer.js'
import { TopicTail, type TopicTailParts } from '../source/topic-tail.js'

const ACTIONS = ['pause', 'resume', 'probe', 'flush'] as const
export type Action = (typeof ACTIONS)[number]

/** What somebody has asked of a connector: a record of the topic `kafka.topics.control`. */
interface Request {
  v: 1
  connector: string
  action: Action
  atMs: number
  /** The process that was asked. */
  instance: string
}

export interface ControlParts extends Pick<TopicTailParts, 'topic' | 'offsets' | 'reader'> {
  groupPrefix: string
  instance: string
  writer: Pick<KafkaWriter, 'write'>
  clock: Clock
  logger: Logger
  /** Another process was asked; also what stood there when this one started, of what lasts. */
  onAction: (connector: string, action: Action) => void
}

/** As soon as an operator who asks at one process expects the others to follow. */
const READ_MS = 1_000
/** As long as a start waits to hear what is paused, when Kafka does not answer: then nothing can be read either. */
const KNOWN_MS = 15_000

/**
 * What operators ask of connectors, for all processes and over restarts: the newest of pause and resume stands in Kafka for as
 * long as nobody asks for the other; probe and flush are for those who run now.
 */
export class Control {
  /** Resolves when it is known what is paused, as far as it can be. */
  readonly known: Promise<void>
  readonly #tail: TopicTail
  #isCaughtUp = false
  #onKnown = () => {}

  constructor(private readonly parts: ControlParts) {
    this.known = new Promise((resolve) => (this.#onKnown = resolve))
    this.#tail = new TopicTail({ ...parts, onRecord: (record) => this.#heard(record) })
  }

  /** Hears until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.parts
    clock.after(KNOWN_MS, () => this.#onKnown())
    signal.addEventListener('abort', () => this.#onKnown(), { once: true })
    await this.#tail.follow(clock, READ_MS, signal, (isRead) => {
      this.#isCaughtUp ||= isRead
      this.#onKnown()
    })
  }

  /** Tells all processes. Rejects with `MillraceError` `KAFKA_WRITE` or `KAFKA_WRITE_REFUSED`. */
  async tell(connector: string, action: Action): Promise<void> {
    const { topic, writer, groupPrefix, clock, instance } = this.parts
    const request: Request = { v: 1, connector, action, atMs: clock.nowMs(), instance }
    await writer.write(topic, [recordOf(groupPrefix + connector, request)])
  }

  #heard({ value, key }: TopicRecord): void {
    const { groupPrefix, instance, onAction } = this.parts
    const request = readRequest(value)
    if (!request || String(key) !== keyOf(groupPrefix + request.connector, request.action)) return
    // In the order of the topic, our own among them: then all processes end alike, whoever was asked at the same time.
    if (isLasting(request.action)) return onAction(request.connector, request.action)
    if (this.#isCaughtUp && request.instance !== instance) onAction(request.connector, request.action)
  }
}

function isLasting(action: Action): boolean {
  return action === 'pause' || action === 'resume'
}

/** Of pause and resume only the newest one is kept. */
function keyOf(group: string, action: Action): string {
  return `${isLasting(action) ? 'state' : action}/${group}`
}

function recordOf(group: string, request: Request): OutgoingRecord {
  return { key: Buffer.from(keyOf(group, request.action)), value: Buffer.from(JSON.stringify(request)), headers: [] }
}

/** Undefined for what is none of ours. */
function readRequest(value: Buffer | null): Request | undefined {
  try {
    const request = JSON.parse(String(value)) as Request | null
    const isOurs = request?.v === 1 && typeof request.connector === 'string' && ACTIONS.includes(request.action)
    return isOurs ? request : undefined
  } catch {
    return undefined
  }
}
