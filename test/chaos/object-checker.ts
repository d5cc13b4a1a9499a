import { readAvroFile } from './avro-file.js'
import type { Problems } from './problems.js'
import { digestOfEvent, type Produced } from './produced.js'

/** Where the connector under test writes. */
export interface Place {
  folder: string
  cluster: string
  zone: string
  connector: string
  codec: string
}

/** Of an object, as its key tells. */
interface ObjectPlace {
  eventType: string
  /** `YYYY-MM-DD-HH`, UTC. */
  date: string
  partition: number
  firstOffset: number
}

/** Holds every object against what was produced: each event in exactly one, as it was, in the right place. */
export class ObjectChecker {
  objects = 0
  bytes = 0
  readonly #foundIn = new Map<string, string>()
  readonly #pattern: RegExp

  constructor(
    private readonly produced: Produced,
    private readonly place: Place,
    private readonly problems: Problems,
  ) {
    this.#pattern = keyPattern(place)
  }

  add(key: string, body: Buffer): void {
    this.objects++
    this.bytes += body.length
    const place = this.#placeOf(key)
    if (!place) return this.problems.add('misplaced', `${key} is no key of this connector`)
    try {
      const { codec, events } = readAvroFile(body)
      if (codec !== this.place.codec) this.problems.add('wrong value', `${key} has the codec ${codec}`)
      const offsets = events.map((event) => this.#addEvent(event, key, place))
      this.#checkOrder(offsets, key, place)
    } catch (error) {
      this.problems.add('unreadable object', `${key}: ${String(error)}`)
    }
  }

  /** Call it after the last object. */
  finish(): void {
    for (const { id, partition, offset } of this.produced.events.values())
      if (!this.#foundIn.has(id)) this.problems.add('missing', `${id}, partition ${partition}, offset ${offset}`)
  }

  /** The event's offset, if it was ever produced. */
  #addEvent(event: Record<string, unknown>, key: string, place: ObjectPlace): number | undefined {
    const id = String(event['id'])
    const produced = this.produced.events.get(id)
    if (!produced) {
      this.problems.add('unknown event', `${id} in ${key}`)
      return undefined
    }
    const earlier = this.#foundIn.get(id)
    if (earlier !== undefined) this.problems.add('duplicate', `${id} is in ${earlier} and in ${key}`)
    this.#foundIn.set(id, key)
    if (digestOfEvent(event) !== produced.digest) this.problems.add('wrong value', `${id} in ${key}`)
    const { eventType, date, partition } = place
    const isInPlace =
      eventType === produced.eventType && date === dateOf(produced.timestampMs) && partition === produced.partition
    if (!isInPlace) this.problems.add('misplaced', `${id} in ${key}`)
    return produced.offset
  }

  #checkOrder(offsets: (number | undefined)[], key: string, { firstOffset }: ObjectPlace): void {
    if (offsets[0] !== firstOffset) this.problems.add('misplaced', `${key} begins at offset ${offsets[0]}`)
    const isRising = offsets.every((offset, n) => n === 0 || (offset ?? 0) > (offsets[n - 1] ?? 0))
    if (!isRising) this.problems.add('misplaced', `${key} is not in the order of its partition`)
  }

  #placeOf(key: string): ObjectPlace | undefined {
    const match = this.#pattern.exec(key)?.groups
    if (!match) return undefined
    const { eventType = '', date = '', partition, firstOffset } = match
    return { eventType, date, partition: Number(partition), firstOffset: Number(firstOffset) }
  }
}

/** Keys exactly as in currents.md, "Objects in a bucket"; every schema of the catalogue has id 1. */
function keyPattern({ folder, cluster, zone, connector }: Place): RegExp {
  const name = `dataexport\\.${cluster}\\.S3\\.integration\\.${connector}`
  const path = `event_type=(?<eventType>[^/]+)/date=(?<date>\\d{4}-\\d\\d-\\d\\d-\\d\\d)/1/${zone}`
  return new RegExp(`^${folder}/${name}/${path}/${name}\\+(?<partition>\\d+)\\+(?<firstOffset>\\d+)\\.avro$`)
}

/** The UTC hour of the record's timestamp. */
function dateOf(timestampMs: number): string {
  return new Date(timestampMs).toISOString().slice(0, 13).replace('T', '-')
}
