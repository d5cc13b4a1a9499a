import type { RecordWriter } from '../delivery/side-topics.js'
import type { Payload } from '../destinations/destination.js'
import type { Intent } from '../range/intent.js'
import { MillraceError } from '../runtime/errors.js'
import type { KafkaOffsets, PartitionEnds } from '../source/kafka-offsets.js'
import { groupBy } from '../source/topic-partitions.js'
import { isRecord } from './calls.js'
import { LetterDelivery, type EncodedLetter, type LetterDeliveryParts, type Obstacle } from './dead-letter-delivery.js'
import { idOf, replayedRecord, replayIntentRecord, type Letter } from './dead-letter-records.js'
import { endsOfLetters, surveyLetters, type DeadLetterTopicParts, type Survey } from './dead-letter-topic.js'
import { committedByPartition } from './topic-offsets.js'

/** What became of one letter. Those with a `reason` stay as they are. */
export interface ReplayResult {
  id: string
  outcome: 'replayed' | 'deliverable' | 'undeliverable' | 'failed'
  /** Key of the object. */
  object?: string
  /** Of a record in a stream, the `id` of its event. */
  eventId?: string
  reason?: string
  message?: string
}

export interface ReplayParts extends DeadLetterTopicParts, LetterDeliveryParts {
  offsets: KafkaOffsets
  writer: RecordWriter
  survey: Survey
  dryRun: boolean
  report: (result: ReplayResult) => void
}

interface Deliverable extends EncodedLetter {
  letter: Letter
}

/** One run over chosen letters: decides, writes, marks; batch by batch. See `replayDeadLetters`. */
export class LetterReplay {
  readonly #parts: ReplayParts
  readonly #deliveries = new Map<string, LetterDelivery | Obstacle>()
  readonly #committed = new Map<string, ReadonlyMap<number, number>>()
  /** The dead-letter topic is read up to here. */
  #ends: readonly PartitionEnds[]

  constructor(ends: readonly PartitionEnds[], parts: ReplayParts) {
    this.#ends = ends
    this.#parts = parts
  }

  async deliver(letters: readonly Letter[]): Promise<void> {
    const deliverable: Deliverable[] = []
    for (const letter of letters) {
      const object = (await this.#underway(letter)) ?? this.#encode(letter)
      if (isObstacle(object)) this.#parts.report({ id: idOf(letter.origin), outcome: 'undeliverable', ...object })
      else deliverable.push({ letter, ...object })
    }
    if (this.#parts.dryRun) return deliverable.forEach((one) => this.#report(one, 'deliverable'))
    const decided = await this.#decide(deliverable)
    for (const [connector, mine] of groupBy(decided, ({ letter }) => letter.origin.connector)) {
      await this.#write(connector, mine)
    }
  }

  async close(): Promise<void> {
    for (const delivery of this.#deliveries.values()) if (!isObstacle(delivery)) await delivery.close()
  }

  /** A range that is not committed yet is written again after a crash, perhaps with this event in it. */
  async #underway({ origin }: Letter): Promise<Obstacle | undefined> {
    const committed = (await this.#committedOf(origin.connector, origin.topic)).get(origin.partition)
    if (committed === undefined || origin.offset < committed) return undefined
    const message = 'the connector has not committed this offset yet: try again when it has'
    return { reason: 'NOT_COMMITTED', message }
  }

  async #committedOf(connector: string, topic: string): Promise<ReadonlyMap<number, number>> {
    const { offsets, project } = this.#parts
    const { groupPrefix } = project.configuration.kafka
    const name = `${connector}/${topic}`
    const known = this.#committed.get(name) ?? (await committedByPartition(offsets, groupPrefix + connector, topic))
    this.#committed.set(name, known)
    return known
  }

  #encode(letter: Letter): EncodedLetter | Obstacle {
    const delivery = this.#deliveryOf(letter.origin.connector)
    if (isObstacle(delivery)) return delivery
    return delivery.encode(letter, this.#parts.survey.intents.get(idOf(letter.origin)) ?? null)
  }

  #deliveryOf(name: string): LetterDelivery | Obstacle {
    const delivery = this.#deliveries.get(name) ?? openDelivery(name, this.#parts)
    this.#deliveries.set(name, delivery)
    return delivery
  }

  /** Records what will be written, where nobody has; returns what is to be written, which others may have decided. */
  async #decide(deliverable: readonly Deliverable[]): Promise<Deliverable[]> {
    const { survey, writer, kafka } = this.#parts
    const undecided = deliverable.filter(({ letter }) => !survey.intents.has(idOf(letter.origin)))
    if (undecided.length === 0) return [...deliverable]
    const records = undecided.map(({ letter, intent }) => replayIntentRecord(letter.origin, intent))
    await writer.write(kafka.topics.deadLetters, records)
    await this.#readOn()
    return deliverable.flatMap((one) => {
      const object = this.#encode(one.letter)
      if (!isObstacle(object)) return { ...one, ...object }
      this.#parts.report({ id: idOf(one.letter.origin), outcome: 'undeliverable', ...object })
      return []
    })
  }

  async #readOn(): Promise<void> {
    const ends = await endsOfLetters(this.#parts)
    const read = new Map(this.#ends.map(({ partition, high }) => [partition, high]))
    const news = ends.map((end) => ({ ...end, low: read.get(end.partition) ?? end.low }))
    const { intents } = await surveyLetters(news, this.#parts)
    for (const [id, intent] of intents) keepFirst(this.#parts.survey.intents, id, intent)
    this.#ends = ends
  }

  async #write(connector: string, mine: readonly Deliverable[]): Promise<void> {
    const { writer, kafka, clock } = this.#parts
    const delivery = this.#deliveryOf(connector)
    if (isObstacle(delivery)) return
    const payloads = mine.map(({ payload }) => payload)
    const failures = new Map((await delivery.write(payloads)).map((failure) => [failure.payload, failure]))
    const written = mine.filter(({ payload }) => !failures.has(payload))
    const nowMs = clock.nowMs()
    const marks = written.map(({ letter, payload }) => replayedRecord(letter.origin, nowMs, placeOf(payload).object))
    if (marks.length > 0) await writer.write(kafka.topics.deadLetters, marks)
    for (const one of written) this.#report(one, 'replayed')
    for (const { letter, payload } of mine) {
      const failure = failures.get(payload)
      if (!failure) continue
      const reason = `${failure.class} ${failure.code}`
      this.#parts.report({ id: idOf(letter.origin), outcome: 'failed', reason, message: failure.message })
    }
  }

  #report({ letter, payload }: Deliverable, outcome: 'replayed' | 'deliverable'): void {
    this.#parts.report({ id: idOf(letter.origin), outcome, ...placeOf(payload) })
  }
}

/** Where it is found. */
function placeOf(payload: Payload): Pick<ReplayResult, 'object' | 'eventId'> {
  return isRecord(payload) ? { eventId: payload.properties.event_id } : { object: payload.key }
}

function isObstacle(object: object): object is Obstacle {
  return 'reason' in object
}

function keepFirst(intents: Map<string, Intent>, id: string, intent: Intent): void {
  if (!intents.has(id)) intents.set(id, intent)
}

function openDelivery(name: string, parts: LetterDeliveryParts): LetterDelivery | Obstacle {
  const connector = parts.project.configuration.connectors.find((candidate) => candidate.name === name)
  if (!connector) return { reason: 'NO_CONNECTOR', message: `connector ${name} is not in the configuration` }
  if (!connector.enabled) return { reason: 'NOT_LAUNCHED', message: `connector ${name} is saved, not launched` }
  try {
    return new LetterDelivery(connector, parts)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return { reason: error.code, message: error.message }
  }
}
