import { onTestFinished } from 'vitest'
import type { Configuration } from '../../src/config/configuration.js'
import { createHttpApp } from '../../src/health/http/app.js'
import { startHttpServer, type HttpServer } from '../../src/health/http/server.js'
import { systemClock } from '../../src/runtime/clock.js'
import { SimulatedHealth } from './simulated-health.js'
import { silentLogger } from './source-log.js'

export interface ServedHealth {
  health: SimulatedHealth
  url: string
  stop: () => Promise<void>
  /** At the same address as before. */
  start: () => Promise<void>
}

/** The status page and the API over simulated connectors, with all rules of security, until the test is finished. */
export async function serveHealth(connectors: number, partitions = 2): Promise<ServedHealth> {
  const health = new SimulatedHealth({ connectors, partitions, nowMs: Date.now() })
  let server: HttpServer | undefined = await serveStatusPage(health)
  const { url, port } = server
  const stop = async () => {
    await server?.close()
    server = undefined
  }
  const start = async () => {
    server = await serveStatusPage(health, port)
  }
  onTestFinished(stop)
  return { health, url, stop, start }
}

/** Port 0: any free one. */
function serveStatusPage(health: SimulatedHealth, port = 0): Promise<HttpServer> {
  const address = { host: '127.0.0.1', port }
  const configuration = configurationWith(address)
  const parts = { reader: health, local: health, operations: health, configuration, clock: systemClock }
  const app = createHttpApp({ ...parts, logger: silentLogger, version: health.version, kafkaClusterId: () => null })
  return startHttpServer(app, address)
}

const configurationWith = (http: { host: string; port: number }): Configuration => ({
  kafka: {
    ...{ brokers: ['127.0.0.1:9092'], clientId: 'millrace', ssl: false, groupPrefix: 'millrace.' },
    sessionTimeoutMs: 30_000,
    topics: { drops: 'drops', deadLetters: 'dead-letters', health: 'health', control: 'control' },
  },
  service: {
    ...{ cluster: 'local', zone: 'default', memoryBytes: 512 * 1024 * 1024, http },
    log: { level: 'info', format: 'json' },
  },
  notifications: { webhooks: [], slack: [], pagerDuty: [] },
  ...{ accounts: new Map(), connectors: [] },
})
