import { Hono } from 'hono'
import type { Configuration } from '../../config/configuration.js'
import type { Clock } from '../../runtime/clock.js'
import { MillraceError } from '../../runtime/errors.js'
import type { Logger } from '../../runtime/logger.js'
import type { Secret } from '../../runtime/secret.js'
import { api } from '../api/api.js'
import { connectApi } from '../connect/connect-api.js'
import type { LocalHealth } from '../local-health.js'
import { metricsEndpoint } from '../metrics/metrics-endpoint.js'
import type { Operations } from '../operations.js'
import { statusPage } from '../page/status-page.js'
import type { HealthReader } from '../report.js'
import { freshness, securityHeaders } from './answer-headers.js'
import { audit } from './audit.js'
import { bodyRule } from './body-rule.js'
import type { HttpContext, HttpEnvironment } from './client.js'
import { answerErrors } from './error-answers.js'
import { hostRule, type HostSettings } from './host-rule.js'
import { customHeaderRule, jsonRule, sameSiteRule } from './mutation-rules.js'
import { probes } from './probes.js'
import { tokenRule } from './token-rule.js'

export interface HttpParts {
  reader: HealthReader
  local: LocalHealth
  operations: Operations
  configuration: Configuration
  clock: Clock
  logger: Logger
  version: string
  /** Null while Kafka has not said. */
  kafkaClusterId: () => string | null
}

/**
 * Everything that is HTTP (operations.md). The rules stand here in the order in which a request meets them, before whatever
 * serves it; none of the pieces below knows of them.
 */
export function createHttpApp(parts: HttpParts): Hono<HttpEnvironment> {
  const settings = settingsOf(parts.configuration)
  const app = new Hono<HttpEnvironment>()
  app.use(securityHeaders, freshness, audit(parts.logger))
  answerErrors(app, parts.logger)
  app.use(hostRule(settings))
  app.route('/', probes(parts.reader))
  if (settings.token) app.use(tokenRule(settings.token))
  app.use(sameSiteRule, bodyRule)
  app.use('/api/*', customHeaderRule, jsonRule)
  app.route('/api/v1', api(parts))
  app.route('/', metricsEndpoint(parts.local))
  const connect = connectApi(parts)
  app.get('/', (c, next) => (wantsKafkaConnect(c) ? connect.fetch(c.req.raw, c.env) : next()))
  app.route('/', statusPage(parts))
  app.route('/', connect)
  return app
}

/** People and Kafka Connect's clients both begin at `/`. */
function wantsKafkaConnect({ req }: HttpContext): boolean {
  const accepted = req.header('accept') ?? ''
  return accepted.includes('application/json') && !accepted.includes('text/html')
}

function settingsOf({ service }: Configuration): HostSettings & { token?: Secret } {
  if (service.http !== false) return service.http
  throw new MillraceError('USAGE', 'service.http is false: nothing is served')
}
