import type { ConnectorSettings } from '../config/configuration.js'
import { connectorRanges, type ConnectorRanges } from '../delivery/connector-ranges.js'
import { payloadsOf } from '../delivery/payloads.js'
import type { Destination, Failure, Payload } from '../destinations/destination.js'
import type { createDestination } from '../destinations/registry.js'
import { missingPins, type Catalogue } from '../events/catalogue.js'
import type { Intent } from '../range/intent.js'
import { OpenRange } from '../range/open-range.js'
import { hasEvents, type Range } from '../range/range.js'
import { MillraceError } from '../runtime/errors.js'
import { storedRecordView } from '../source/stored-record-view.js'
import type { Letter } from './dead-letter-records.js'
import { writePatiently, type Patience } from './patience.js'
import type { Project } from './project.js'

/** Why a letter's event is not delivered. */
export interface Obstacle {
  reason: string
  message: string
}

/** The object or record of one letter's event: a range of one offset, so that intent, key and bytes are those of delivery. */
export interface EncodedLetter {
  intent: Intent
  payload: Payload
}

export interface LetterDeliveryParts extends Patience {
  project: Project
  openDestination: typeof createDestination
}

/**
 * Delivers dead letters of one connector. Each becomes an object of its own under its event's offset, which is in no other
 * object: delivery has left it out. Written again it is the same object, byte for byte, when the intent is the same. In a
 * stream each becomes a record; written again, it is there again.
 */
export class LetterDelivery {
  readonly #connector: ConnectorSettings
  readonly #catalogue: Catalogue
  readonly #ranges: ConnectorRanges
  readonly #destination: Destination
  readonly #patience: Patience
  /** What failed for all, and would again. */
  #givenUp: Failure | undefined

  /** Throws `MillraceError` `CONFIGURATION` where the connector could not be started either. */
  constructor(connector: ConnectorSettings, { project, openDestination, ...patience }: LetterDeliveryParts) {
    const { configuration, catalogue } = project
    const { service, accounts } = configuration
    this.#connector = connector
    this.#catalogue = catalogue
    this.#ranges = connectorRanges(connector, { service, catalogue, onUnknownField: () => undefined })
    this.#destination = openDestination(connector, accounts, { clock: patience.clock })
    this.#patience = patience
  }

  /** The event as it would be delivered now; with an intent exactly as that says. */
  encode(letter: Letter, recorded: Intent | null): EncodedLetter | Obstacle {
    const missing = recorded ? missingPins(this.#catalogue, recorded.schemas) : []
    if (missing.length > 0) {
      const message = `it is being written with schemas that are not here (${missing.join(', ')}): add them to service.schemas`
      return { reason: 'SCHEMA', message }
    }
    const range = this.#rangeOf(letter, recorded)
    if (!hasEvents(range)) return obstacleOf(range)
    try {
      const [payload] = payloadsOf(range)
      return { intent: range.intent, payload: payload! }
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      return { reason: error.code, message: error.message }
    }
  }

  /** Writes them all; returns what failed. After trouble that is not a letter's own, nothing is tried any more. */
  async write(payloads: readonly Payload[]): Promise<Failure[]> {
    const common = this.#givenUp
    if (common) return payloads.map((payload) => ({ ...common, payload }))
    const failures = await writePatiently(payloads, this.#destination, this.#patience)
    this.#givenUp = failures.find((failure) => failure.class !== 'rejected')
    return failures
  }

  close(): Promise<void> {
    return this.#destination.close()
  }

  #rangeOf({ origin, event, timestampMs }: Letter, recorded: Intent | null): Range {
    const { topic, partition, offset } = origin
    const { plan } = this.#ranges
    // A topic the connector does not read (any more) may have offsets in common with one that it reads.
    const topicInKey = plan.topicInKey || !this.#connector.topics.includes(topic)
    const parts = { ...this.#ranges, plan: { ...plan, topicInKey }, topic, partition, account: () => undefined }
    const range = new OpenRange(parts, offset, recorded)
    range.add(storedRecordView(event, { offset, timestampMs }))
    return range.close('intent')
  }
}

function obstacleOf({ rejected, counts }: Range): Obstacle {
  const [event] = rejected
  if (event) return event.rejection
  if (counts.tombstones > 0) return { reason: 'TOMBSTONE', message: 'it has no value' }
  return { reason: 'FILTERED', message: 'the connector does not select this event' }
}
