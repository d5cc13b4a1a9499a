import type { ConnectorSettings } from '../config/configuration.js'
import { connectorRanges, type ConnectorRanges } from '../delivery/connector-ranges.js'
import { payloadsOf } from '../delivery/payloads.js'
import type { Destination, Failure, Payload } from '../destinations/destination.js'
import { createDestination } from '../destinations/registry.js'
import { missingPins, type Catalogue } from '../events/catalogue.js'
import type { Intent } from '../range/intent.js'
import { OpenRange } from '../range/open-range.js'
import type { Range } from '../range/range.js'
import { systemClock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import { storedRecordView } from '../source/stored-record-view.js'
import type { Letter } from './dead-letter-records.js'
import type { Project } from './project.js'

/** Why a letter's event does not become an object. */
export interface Obstacle {
  reason: string
  message: string
}

/** The object of one letter's event: a range of one offset, so that intent, key and bytes are those of delivery. */
export interface LetterObject {
  intent: Intent
  payload: Payload
}

/**
 * Delivers dead letters of one connector. Each becomes an object of its own under its event's offset, which is in no other
 * object: delivery has left it out. Written again it is the same object, byte for byte, when the intent is the same.
 */
export class LetterDelivery {
  readonly #connector: ConnectorSettings
  readonly #catalogue: Catalogue
  readonly #ranges: ConnectorRanges
  readonly #destination: Destination
  /** What failed for all, and would again. */
  #givenUp: Failure | undefined

  /** Throws `MillraceError` `CONFIGURATION` where the connector could not be started either. */
  constructor(connector: ConnectorSettings, { configuration, catalogue }: Project) {
    const { service, accounts } = configuration
    this.#connector = connector
    this.#catalogue = catalogue
    this.#ranges = connectorRanges(connector, { service, catalogue, onUnknownField: () => undefined })
    this.#destination = createDestination(connector, accounts, { clock: systemClock })
  }

  /** The event as it would be delivered now; with an intent exactly as that says. */
  encode(letter: Letter, recorded: Intent | null): LetterObject | Obstacle {
    const missing = recorded ? missingPins(this.#catalogue, recorded.schemas) : []
    if (missing.length > 0) {
      const message = `it is being written with schemas that are not here (${missing.join(', ')}): add them to service.schemas`
      return { reason: 'SCHEMA', message }
    }
    const range = this.#rangeOf(letter, recorded)
    const [object] = range.objects
    if (!object) return obstacleOf(range)
    try {
      const [payload] = payloadsOf(range)
      return { intent: range.intent, payload: payload! }
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      return { reason: error.code, message: error.message }
    }
  }

  /** Writes every object once; returns what failed. After trouble that is not an object's own, nothing is tried any more. */
  async write(payloads: readonly Payload[], signal: AbortSignal): Promise<Failure[]> {
    const common = this.#givenUp
    if (common) return payloads.map((payload) => ({ ...common, payload }))
    const failures = await this.#destination.write(payloads, signal)
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
