import {
  connectorDetails,
  connectorDocument,
  errorDocument,
  instanceDocument,
  timelineDocument,
  type ConnectorDocument,
  type ErrorDocument,
  type InstanceDocument,
  type TimelineDocument,
} from '../../health/api/documents.js'
import type { ConnectorReport, HealthReader, InstanceReport } from '../../health/report.js'
import { MillraceError } from '../../runtime/errors.js'
import { hasMembers, type ApiClient } from '../api-client.js'
import { connectorNamed, type Project } from '../project.js'
import type { ConnectorDetails, Found, Overview } from './overview.js'

/** What Kafka alone knows of the connectors of a project: `board` the errors and the timeline of each. */
interface KafkaReports {
  connectors: readonly ConnectorReport[]
  instances: readonly InstanceReport[]
  board: Pick<HealthReader, 'errors' | 'timeline'>
}

/** Rejects with `MillraceError` when Kafka does not answer. */
export type ReportsFromKafka = (project: Project) => Promise<KafkaReports>

export interface Sources {
  project: Project
  /** Throws `MillraceError` `NO_INSTANCE` where the configuration tells no address. */
  client: () => ApiClient
  reportsFromKafka: ReportsFromKafka
  stop: AbortSignal
}

/**
 * All connectors, or the one of that name with its details: from a running instance, else from Kafka alone. Throws
 * `MillraceError`: `USAGE` when there is no such connector, those of `ApiClient` and of Kafka.
 */
export async function look(name: string | undefined, sources: Sources): Promise<Found> {
  try {
    const client = sources.client()
    return { overview: await fromInstance(client, name), from: client.place }
  } catch (error) {
    const isSilent = error instanceof MillraceError && error.code === 'NO_INSTANCE'
    if (!isSilent || sources.stop.aborted) throw error
    return { overview: await fromKafka(sources, name, error), from: 'Kafka alone', note: error.message }
  }
}

async function fromInstance(client: ApiClient, name: string | undefined): Promise<Overview> {
  const [instances, connectors] = await Promise.all([
    client.get('api/v1/instances', isListOf<InstanceDocument>('name', 'version')),
    name === undefined ? client.get('api/v1/connectors', isListOf<ConnectorDocument>('name', 'totals')) : [],
  ])
  return {
    source: 'instance',
    instances,
    connectors: name === undefined ? connectors : [await detailsOf(client, name)],
  }
}

async function detailsOf(client: ApiClient, name: string): Promise<ConnectorDetails> {
  const path = `api/v1/connectors/${encodeURIComponent(name)}`
  const [connector, errors, timeline] = await Promise.all([
    client.get(path, isDetailed),
    client.get(`${path}/errors`, isListOf<ErrorDocument>('code', 'count')),
    client.get(`${path}/timeline`, isListOf<TimelineDocument>('at', 'what')),
  ])
  return { ...connector, errors, timeline }
}

async function fromKafka(
  { project, reportsFromKafka }: Sources,
  name: string | undefined,
  silent: MillraceError,
): Promise<Overview> {
  if (name !== undefined) connectorNamed(project.configuration, name)
  const { connectors, instances, board } = await reportsFromKafka(project).catch((error: unknown) => {
    if (!(error instanceof MillraceError)) throw error
    throw new MillraceError(error.code, `${silent.message}, nor does Kafka: ${error.message}`)
  })
  const shown =
    name === undefined
      ? connectors.map(connectorDocument)
      : connectors.filter((report) => report.name === name).map((report) => detailsFromKafka(report, board))
  return { source: 'kafka', instances: instances.map(instanceDocument), connectors: shown }
}

function detailsFromKafka(report: ConnectorReport, board: KafkaReports['board']): ConnectorDetails {
  const { name } = report
  return {
    ...connectorDetails(report),
    errors: board.errors(name).map(errorDocument),
    timeline: board.timeline(name).map(timelineDocument),
  }
}

/** What answers may be anything: members that nothing else is likely to have tell Millrace. */
function isListOf<T extends object>(...members: (keyof T & string)[]) {
  return (body: unknown): body is T[] => Array.isArray(body) && body.every((entry) => hasMembers(entry, ...members))
}

const isDetailed = (body: unknown): body is ReturnType<typeof connectorDetails> =>
  hasMembers(body, 'name', 'totals', 'partitions')
