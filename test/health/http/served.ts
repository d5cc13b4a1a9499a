import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import type { Configuration } from '../../../src/config/configuration.js'
import { createHttpApp } from '../../../src/health/http/app.js'
import { startHttpServer } from '../../../src/health/http/server.js'
import { createLogger } from '../../../src/runtime/logger.js'
import { FakeClock } from '../../support/fake-clock.js'
import { SimulatedHealth } from '../../support/simulated-health.js'

export const NOW_MS = Date.UTC(2026, 10, 21, 12)

export interface Asked {
  method?: string
  path: string
  /** `host` replaces the right one; null leaves it out. */
  headers?: Record<string, string | null>
  body?: string | Buffer
}

export interface Answered {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

type Http = Exclude<Configuration['service']['http'], false>

interface Options {
  http?: Partial<Http>
  health?: SimulatedHealth
}

/** Everything that is HTTP on a free port of this machine, over simulated connectors; ends with the test. */
export async function served({ http, health = simulated() }: Options = {}) {
  const settings = { host: '127.0.0.1', port: 0, ...http }
  const lines: Record<string, unknown>[] = []
  const app = createHttpApp({
    ...{ reader: health, local: health, operations: health, configuration: configuration(settings) },
    ...{ clock: new FakeClock(NOW_MS), logger: loggerTo(lines), version: '0.1.0', kafkaClusterId: () => null },
  })
  const server = await startHttpServer(app, settings)
  onTestFinished(() => server.close())
  return { app, health, lines, server, ask: (asked: Asked) => ask(server.port, asked) }
}

export const simulated = () => new SimulatedHealth({ connectors: 9, partitions: 3, nowMs: NOW_MS })

/** The headers that a mutation needs. */
export const MUTATING = { 'content-type': 'application/json', 'x-requested-with': 'test' }

export const errorOf = ({ text }: Answered) => (JSON.parse(text) as { error: { code: string; message: string } }).error

function loggerTo(lines: Record<string, unknown>[]) {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
      done()
    },
  })
  return createLogger({ level: 'info', format: 'json' }, stream)
}

function configuration(http: Http): Configuration {
  return {
    kafka: {
      ...{ brokers: ['127.0.0.1:9092'], clientId: 'millrace', ssl: false, groupPrefix: 'millrace.' },
      sessionTimeoutMs: 30_000,
      topics: {
        drops: 'millrace.drops',
        deadLetters: 'millrace.dead-letters',
        health: 'millrace.health',
        control: 'millrace.control',
      },
    },
    service: {
      ...{ cluster: 'local', zone: 'default', memoryBytes: 512 * 1024 * 1024, http },
      log: { level: 'info', format: 'json' },
    },
    notifications: { webhooks: [], slack: [], pagerDuty: [] },
    accounts: new Map(),
    connectors: [],
  }
}

/** A request as it is written, which `fetch` would not send: any Host, or none. */
async function ask(port: number, { method = 'GET', path, headers = {}, body }: Asked): Promise<Answered> {
  const { host = `127.0.0.1:${port}`, ...others } = headers
  const request = httpRequest({ port, host: '127.0.0.1', method, path, setHost: false, agent: false })
  if (host !== null) request.setHeader('host', host)
  for (const [name, value] of Object.entries(others)) if (value !== null) request.setHeader(name, value)
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }
}
