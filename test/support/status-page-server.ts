import type { Configuration } from '../../src/config/configuration.js'
import { createHttpApp } from '../../src/health/http/app.js'
import { startHttpServer, type HttpServer } from '../../src/health/http/server.js'
import { statusPage } from '../../src/health/page/status-page.js'
import { systemClock, type Clock } from '../../src/runtime/clock.js'
import type { SimulatedHealth } from './simulated-health.js'
import { silentLogger } from './source-log.js'

/** The status page and the API over simulated connectors, with all rules of security. Port 0: any free one. */
export function serveStatusPage(health: SimulatedHealth, port = 0, clock: Clock = systemClock): Promise<HttpServer> {
  const address = { host: '127.0.0.1', port }
  const configuration = { service: { http: address } } as unknown as Configuration
  const parts = { reader: health, local: health, operations: health, configuration, clock, logger: silentLogger }
  const app = createHttpApp({ ...parts, version: health.version, kafkaClusterId: () => null })
  app.route('/', statusPage({ reader: health, operations: health, clock }))
  return startHttpServer(app, address)
}
