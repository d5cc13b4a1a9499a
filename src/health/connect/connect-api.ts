import { Hono } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import type { Configuration } from '../../config/configuration.js'
import type { HttpEnvironment } from '../http/client.js'
import type { Operations } from '../operations.js'
import type { HealthReader } from '../report.js'
import { Connectors } from './connector.js'
import { connectorRoutes } from './connector-routes.js'
import { operationRoutes } from './operation-routes.js'
import { pluginRoutes } from './plugin-routes.js'
import { answerError, answerRefusal, ConnectRefusal } from './refusal.js'
import { workerRoutes } from './worker-routes.js'

export interface ConnectParts {
  reader: HealthReader
  operations: Operations
  configuration: Configuration
  /** Of Millrace. */
  version: string
  /** Null while Kafka has not said. */
  kafkaClusterId: () => string | null
}

/** All that it answers lies below these, but for `/` and `/health`. */
const PREFIXES = ['/connectors', '/connector-plugins', '/admin']

/**
 * Kafka Connect's REST API, so that consoles made for it show our connectors (docs/kafka-connect.md): paths, JSON, status
 * codes and words of errors are those of a worker of `CONNECT_VERSION`. Connectors are made, changed and removed in the
 * configuration file alone; who asks for that here is told so.
 */
export function connectApi(parts: ConnectParts): Hono<HttpEnvironment> {
  const connectors = new Connectors(parts.configuration, parts.reader)
  const app = new Hono<HttpEnvironment>()
  app.onError(answerError)
  const wrongMethod = methodNotAllowed({ app, onMethodNotAllowed: answerWrongMethod })
  for (const prefix of PREFIXES) app.use(`${prefix}/*`, wrongMethod)
  app.route('/', workerRoutes(parts))
  app.route('/', pluginRoutes(parts))
  app.route('/', connectorRoutes(connectors, parts.version))
  app.route('/', operationRoutes(connectors, parts))
  for (const prefix of PREFIXES) app.all(`${prefix}/*`, (c) => answerRefusal(NOTHING_THERE, c))
  return app
}

const NOTHING_THERE = new ConnectRefusal(404, 'HTTP 404 Not Found')
const WRONG_METHOD = new ConnectRefusal(405, 'HTTP 405 Method Not Allowed')

function answerWrongMethod(c: Parameters<typeof answerRefusal>[1], methods: readonly string[]): Response {
  c.header('Allow', methods.join(', '))
  return answerRefusal(WRONG_METHOD, c)
}
