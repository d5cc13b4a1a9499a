import { CONNECTOR, filters, LIMIT, ofConnector, REQUESTED_WITH, TOTAL_COUNT } from './parameters.js'
import { failing, json, plain } from './responses.js'
import { listOf, named, type Schema } from './shapes.js'

type Paths = Readonly<Record<string, Schema>>

/** Nobody needs a token, or a right name for the server, to be refused in these ways. */
const ALWAYS = [401, 421, 500] as const

interface Read {
  summary: string
  parameters?: readonly Schema[]
  answer: Schema
  failures?: Parameters<typeof failing>
}

function read(operationId: string, { summary, parameters = [], answer, failures = [400] }: Read): Schema {
  return {
    get: { operationId, summary, parameters, responses: { 200: answer, ...failing(...ALWAYS, ...failures) } },
  }
}

function readOfConnector(operationId: string, summary: string, schema: Schema): Schema {
  return read(operationId, { summary, parameters: [CONNECTOR], answer: json(summary, schema), failures: [400, 404] })
}

function listOfConnector(operationId: string, summary: string, schema: string): Schema {
  const answer = json(summary, listOf(named(schema)), TOTAL_COUNT)
  return read(operationId, { summary, parameters: [CONNECTOR, LIMIT], answer, failures: [400, 404] })
}

/** What lies in Kafka, and takes asking it. */
function kafkaList(operationId: string, summary: string, schema: string): Schema {
  const answer = json(summary, listOf(named(schema)))
  return read(operationId, { summary, parameters: [CONNECTOR, LIMIT], answer, failures: [400, 404, 503] })
}

function change(operationId: string, summary: string, [status, answer]: [status: number, answer: Schema]): Schema {
  return {
    post: {
      ...{ operationId, summary, parameters: [CONNECTOR, REQUESTED_WITH] },
      requestBody: {
        required: true,
        description: 'Nothing can be said: an empty object. What counts is the header Content-Type',
        content: { 'application/json': { schema: { type: 'object', additionalProperties: false, maxProperties: 0 } } },
      },
      responses: { [status]: answer, ...failing(400, 403, 404, 409, 413, 415, 503, ...ALWAYS) },
    },
  }
}

const accepted: [number, Schema] = [
  202,
  json('Kafka has it; every process that runs the connector does it', named('Done')),
]

const fleet: Paths = {
  '/api/v1': read('getApi', {
    summary: 'What there is: the document of /api/v1/openapi.json',
    answer: json('This document', { type: 'object' }),
  }),
  '/api/v1/openapi.json': read('getOpenApi', {
    summary: 'This document',
    answer: json('This document', { type: 'object' }),
  }),
  '/api/v1/instances': read('listInstances', {
    summary: 'Processes that live',
    answer: json('Processes that live', listOf(named('Instance'))),
  }),
  '/api/v1/connectors': read('listConnectors', {
    summary: 'Connectors in the order of the configuration',
    parameters: [...filters, LIMIT],
    answer: json('Connectors, without their partitions', listOf(named('Connector')), TOTAL_COUNT),
  }),
  '/api/v1/drops': read('listDrops', {
    summary: 'Newest entries of the drop ledger first',
    parameters: [ofConnector, LIMIT],
    answer: json('Entries of the drop ledger', listOf(named('Drop'))),
    failures: [400, 404, 503],
  }),
}

const one = '/api/v1/connectors/{name}'

const connector: Paths = {
  [one]: readOfConnector('getConnector', 'A connector with its partitions', named('ConnectorDetails')),
  [`${one}/partitions`]: listOfConnector('listPartitions', 'Partitions of its topics', 'Partition'),
  [`${one}/errors`]: listOfConnector('listErrors', 'Errors by code, most recent first', 'ErrorGroup'),
  [`${one}/timeline`]: listOfConnector('listTimeline', 'What happened to it, newest first', 'TimelineEntry'),
  [`${one}/history`]: readOfConnector('getHistory', 'Its numbers over the last hour and day', named('History')),
  [`${one}/drops`]: kafkaList('listConnectorDrops', 'Its newest entries of the drop ledger first', 'Drop'),
  [`${one}/dead-letters`]: kafkaList('listDeadLetters', 'Its newest dead letters first, no payloads', 'DeadLetter'),
}

const operations: Paths = {
  [`${one}/pause`]: change('pause', 'Deliver what was read, then rest until resume; over restarts too', accepted),
  [`${one}/resume`]: change('resume', 'Go on after a pause', accepted),
  [`${one}/probe`]: change('probe', 'Try now what waits for a retry or a probe', accepted),
  [`${one}/flush`]: change('flush', 'Deliver now what is buffered', accepted),
  [`${one}/test`]: change('test', 'Look live at everything it needs; ends when the client goes', [
    200,
    json('Every check with its result, failed ones too', named('TestResult')),
  ]),
}

function probe(operationId: string, summary: string, description: string): Schema {
  const line = plain(description, 'text/plain')
  return { get: { operationId, summary, security: [], responses: { 200: line, 503: line, ...failing(421, 500) } } }
}

const outside: Paths = {
  '/metrics': read('metrics', {
    summary: 'Metrics of this process (docs/metrics.md)',
    answer: plain('OpenMetrics 1.0', 'application/openmetrics-text'),
    failures: [],
  }),
  '/livez': probe('live', 'Is the process alive? Needs no token', 'Why, in a line'),
  '/readyz': probe('ready', 'Has it taken up its work? Needs no token', 'Why, in a line'),
}

export const paths: Paths = { ...fleet, ...connector, ...operations, ...outside }
