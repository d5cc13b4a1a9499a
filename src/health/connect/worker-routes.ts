import { Hono } from 'hono'
import type { HttpEnvironment } from '../http/client.js'
import type { HealthReader } from '../report.js'
import type { ConnectParts } from './connect-api.js'
import { CONNECT_VERSION, type LoggerLevel, type ServerInfo, type WorkerStatus } from './entities.js'
import { eitherWay } from './paths.js'
import { ConnectRefusal } from './refusal.js'

/** There is one for all of a process; its name in Kafka Connect. */
const LOGGER = 'root'

/** What concerns the process, not one connector. */
export function workerRoutes({ reader, configuration, version, kafkaClusterId }: ConnectParts): Hono<HttpEnvironment> {
  const level: LoggerLevel = { level: configuration.service.log.level.toUpperCase(), last_modified: null }
  const app = new Hono<HttpEnvironment>()
  app.get('/', (c) => c.json(serverInfo(version, kafkaClusterId())))
  app.on('GET', eitherWay('/health'), (c) => {
    const [status, answer] = workerStatus(reader)
    return c.json(answer, status)
  })
  app.on('GET', eitherWay('/admin/loggers'), (c) => c.json({ [LOGGER]: level }))
  app.on('GET', eitherWay('/admin/loggers/:logger'), (c) => {
    const logger = c.req.param('logger') ?? ''
    if (logger !== LOGGER) throw new ConnectRefusal(404, `Logger ${logger} not found.`)
    return c.json(level)
  })
  app.on('PUT', eitherWay('/admin/loggers/:logger'), () => {
    throw new ConnectRefusal(403, 'The level of the log is service.log.level of the configuration file.')
  })
  return app
}

/** Clients read the release of Kafka first: what they ask for depends on it. */
function serverInfo(version: string, clusterId: string | null): ServerInfo {
  return { version: `${CONNECT_VERSION}-millrace-${version}`, commit: 'unknown', kafka_cluster_id: clusterId }
}

function workerStatus(reader: HealthReader): [status: 200 | 500 | 503, answer: WorkerStatus] {
  const [live, ready] = [reader.live(), reader.ready()]
  if (!live.isOk) return [500, { status: 'unhealthy', message: live.reason }]
  return [ready.isOk ? 200 : 503, { status: ready.isOk ? 'healthy' : 'starting', message: ready.reason }]
}
