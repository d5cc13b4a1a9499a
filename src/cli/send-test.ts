import { randomUUID } from 'node:crypto'
import type { ConnectorSettings } from '../config/configuration.js'
import { connectorRanges } from '../delivery/connector-ranges.js'
import { payloadsOf } from '../delivery/payloads.js'
import type { Failure, Payload } from '../destinations/destination.js'
import { createDestination } from '../destinations/registry.js'
import type { SchemaVersion } from '../events/catalogue.js'
import { selectsType } from '../events/event-selection.js'
import { placeholderEvent } from '../events/placeholder-event.js'
import { OpenRange, type RangeParts } from '../range/open-range.js'
import { systemClock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import { storedRecordView } from '../source/stored-record-view.js'
import { isRecord } from './calls.js'
import { writeOnce } from './patience.js'
import { connectorNamed, loadProject, type Project } from './project.js'
import type { ExitCode, Terminal } from './terminal.js'

export interface SendTestOptions {
  config: string
  json: boolean
}

/**
 * Stands where the topic stands in the names of objects. No topic's name can hold `=`, so that no object of real events
 * has the key of a test event's.
 */
const TEST_TOPIC = 'test=event'

interface TestEvent {
  eventType: string
  schemaId: number
  id: string
  payload: Payload
}

/**
 * `send-test CONNECTOR`: one placeholder event of every event type the connector selects, through its transforms and its
 * destination, an object or a record each. Reads and commits nothing in Kafka. Each is tried once; exit code 1 when any failed.
 */
export async function sendTest(name: string, options: SendTestOptions, terminal: Terminal): Promise<ExitCode> {
  const project = await loadProject(options.config, terminal)
  const connector = connectorNamed(project.configuration, name)
  const events = testEvents(connector, project, systemClock.nowMs())
  const destination = createDestination(connector, project.configuration.accounts, { clock: systemClock })
  try {
    const payloads = events.map(({ payload }) => payload)
    const found = await writeOnce(payloads, destination, { clock: systemClock, stop: terminal.stop })
    const failures = new Map(found.map((failure) => [failure.payload, failure]))
    const results = events.map((event) => resultOf(event, failures.get(event.payload)))
    const lines = options.json ? [JSON.stringify(results, null, 2)] : [...results.map(lineOf), sumOf(results, name)]
    lines.forEach((line) => terminal.out(line))
    return failures.size === 0 ? 0 : 1
  } finally {
    await destination.close()
  }
}

function testEvents(connector: ConnectorSettings, project: Project, nowMs: number): TestEvent[] {
  const { catalogue, configuration } = project
  const { service } = configuration
  const ranges = connectorRanges(connector, { service, catalogue, onUnknownField: () => undefined })
  const plan = { ...ranges.plan, topicInKey: true }
  const parts = { ...ranges, plan, topic: TEST_TOPIC, partition: 0, account: () => undefined }
  return catalogue
    .names()
    .filter((eventType) => selectsType(connector.events, eventType))
    .flatMap((eventType) => catalogue.get(eventType)?.current ?? [])
    .map((schema) => testEvent(schema, parts, nowMs))
}

/** The object or record of one event. Its time stands where the first offset stands in names, so that no test overwrites another. */
function testEvent(schema: SchemaVersion, parts: RangeParts, nowMs: number): TestEvent {
  const { eventType, schemaId } = schema
  const id = `millrace-test-${randomUUID()}`
  const event = placeholderEvent(schema, { id, timeSeconds: Math.floor(nowMs / 1000) })
  const record = { key: null, value: Buffer.from(JSON.stringify(event)), headers: [] }
  const range = new OpenRange(parts, nowMs)
  range.add(storedRecordView(record, { offset: nowMs, timestampMs: nowMs }))
  const closed = range.close('drained')
  const [payload] = payloadsOf(closed)
  if (payload) return { eventType, schemaId, id, payload }
  const why = closed.rejected[0]?.rejection.message ?? 'the connector does not select it'
  throw new MillraceError('SCHEMA', `${eventType}: no placeholder event can be made: ${why}`)
}

interface TestResult {
  eventType: string
  schemaId: number
  /** The event's own `id`. */
  id: string
  /** Key of its object. */
  object?: string
  /** Of its record in a stream; null: none. */
  partitionKey?: string | null
  written: boolean
  class?: string
  code?: string
  message?: string
}

function resultOf({ payload, ...event }: TestEvent, failure: Failure | undefined): TestResult {
  const place = isRecord(payload) ? { partitionKey: payload.partitionKey } : { object: payload.key }
  const about = { ...event, ...place }
  if (!failure) return { ...about, written: true }
  const { class: failureClass, code, message } = failure
  return { ...about, written: false, class: failureClass, code, message }
}

function lineOf({ eventType, id, object, written, class: failureClass, code, message }: TestResult): string {
  return written
    ? `${eventType}  written  ${object ?? id}`
    : `${eventType}  failed  ${failureClass} ${code}: ${message}`
}

function sumOf(results: readonly TestResult[], connector: string): string {
  const written = results.filter((result) => result.written).length
  const failed = results.length - written
  return `${connector}: ${written} test events written${failed > 0 ? `, ${failed} failed` : ''}`
}
