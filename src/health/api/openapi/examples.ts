import type { ConnectorReport } from '../../report.js'
import {
  connectorDetails,
  connectorDocument,
  deadLetterDocument,
  errorDocument,
  instanceDocument,
  partitionDocument,
  testDocument,
  timelineDocument,
} from '../documents.js'
import type { Schema } from './shapes.js'

const AT_MS = Date.UTC(2026, 10, 21, 12)
const HOUR_MS = 3_600_000
const INSTANCE = 'millrace-0/1'
const SINCE_MS = AT_MS - 6 * HOUR_MS

const problem = {
  code: 'InvalidAccessKeyId',
  message: 'InvalidAccessKeyId: AWS does not know the access key (PUT s3://acme-currents/currents/…)',
  whatToDo: 'Enter a key that is active, or make this one active again.',
}

const partition = {
  ...{ topic: 'events.acme', partition: 0, owner: INSTANCE, committed: 48_200, end: 60_700, lagEvents: 12_500 },
  oldestUndeliveredAtMs: SINCE_MS,
}

/** A connector whose key was taken away six hours ago. */
const connector: ConnectorReport = {
  ...{
    name: 'acme-archive',
    description: 'Everything, for the warehouse',
    contact: 'data@acme.example',
    enabled: true,
  },
  ...{ destination: { type: 's3', place: 's3://acme-currents/currents' }, topics: ['events.acme'] },
  ...{ state: 'credentials-failing', sinceMs: SINCE_MS, problem, needsAttention: true },
  failing: {
    ...{ sinceMs: SINCE_MS, dropAtMs: SINCE_MS + 48 * HOUR_MS, kept: null },
    ...{ eventsAtStake: 12_500, bytesAtStake: 9_125_000 },
  },
  ...{ lagEvents: 12_500, oldestUndeliveredAtMs: SINCE_MS, lastSuccessAtMs: SINCE_MS - 60_000 },
  ...{ inPerSecond: 0, outPerSecond: 0, retentionHeadroomMs: 162 * HOUR_MS },
  totals: {
    ...{
      consumed: 48_350,
      returned: 0,
      delivered: 48_100,
      filtered: 80,
      deadLettered: 20,
      objects: 12,
      bytes: 20_900_000,
    },
    ...{ dropped: { credentials: 0, retention: 0 }, buffered: { events: 150, bytes: 65_000 } },
  },
  ...{ partitions: [partition], instances: [INSTANCE] },
}

const check = {
  name: 's3:PutObject',
  resource: 'arn:aws:s3:::acme-currents/currents/*',
  message: 'written',
  durationMs: 41,
}

/** An example of each shape that is answered by itself or in a list. */
const examples: Readonly<Record<string, unknown>> = {
  Instance: instanceDocument({ name: INSTANCE, version: '0.1.0', startedAtMs: AT_MS - 26 * HOUR_MS, seenAtMs: AT_MS }),
  Connector: connectorDocument(connector),
  ConnectorDetails: connectorDetails(connector),
  Partition: partitionDocument(partition),
  ErrorGroup: errorDocument({ ...problem, firstAtMs: SINCE_MS, lastAtMs: AT_MS, count: 31 }),
  TimelineEntry: timelineDocument({
    ...{ atMs: SINCE_MS, kind: 'state', what: 'credentials-failing', instance: INSTANCE },
    ...{ code: problem.code, message: problem.message },
  }),
  Drop: {
    ...{ id: '5d41402abc4b2a76b9719d911017c592', connector: 'acme-archive', topic: 'events.acme', partition: 0 },
    ...{ firstOffset: 48_200, lastOffset: 60_699, events: 12_420, bytes: 9_125_000, reason: 'credentials' },
    ...{ failingSince: '2026-11-21T06:00:00.000Z', droppedAt: '2026-11-23T06:00:04.211Z' },
    ...{ errorCode: problem.code, replayed: false, replayedAt: null },
  },
  DeadLetter: deadLetterDocument({
    ...{ topic: 'events.acme', partition: 0, offset: 4_711, atMs: AT_MS, reason: 'NOT_JSON', eventType: null },
  }),
  Done: {
    connector: 'acme-archive',
    operation: 'flush',
    message: 'acme-archive: flush. What is buffered is delivered now.',
  },
  TestResult: testDocument(connector, [{ ...check, status: 'ok' }]),
  Error: {
    error: { code: 'UNKNOWN_CONNECTOR', message: 'there is no connector "acme-arhive": did you mean acme-archive?' },
  },
}

/** The schemas, each with its example. */
export function withExamples(schemas: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      name in examples ? { ...schema, examples: [examples[name]] } : schema,
    ]),
  )
}
