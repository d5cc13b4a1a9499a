import { Hono } from 'hono'
import { clientAddress, type HttpContext, type HttpEnvironment } from '../http/client.js'
import { Refusal } from '../http/refusal.js'
import type { Actor, Operations } from '../operations.js'
import type { HealthReader } from '../report.js'
import { connectorOf } from './connector-named.js'
import { testDocument } from './documents.js'
import { requireKnown } from './query.js'

/** What every process that runs the connector does from now on: asked for, not done, when the answer is given. */
const DONE = {
  pause:
    'What was read is delivered; then nothing is read, written, probed or dropped until resume, over restarts too. ' +
    'Partitions and T0 are kept.',
  resume: 'It reads and delivers again from where it was.',
  probe: 'What waits for a retry or a probe is tried now.',
  flush: 'What is buffered is delivered now.',
} as const

/** What is said where there is nothing to try or to deliver. */
const PAUSED = 'It is paused: nothing is tried or delivered before it is resumed.'

const OPERATIONS = Object.keys(DONE) as (keyof typeof DONE)[]

/** Programs of ours say who they are in `X-Requested-With`. */
const PROGRAMS = new Map([
  ['millrace', 'command line'],
  ['millrace-page', 'page'],
])

/** What people can do with one connector. */
export function operationRoutes(reader: HealthReader, operations: Operations): Hono<HttpEnvironment> {
  const app = new Hono<HttpEnvironment>()
  for (const operation of OPERATIONS) {
    app.post(`/connectors/:name/${operation}`, async (c) => {
      await requireNothing(c)
      const { name, state } = connectorOf(reader, c)
      await operations[operation](name, actorOf(c))
      const isIdle = state === 'paused' && (operation === 'probe' || operation === 'flush')
      const message = `${name}: ${operation}. ${isIdle ? PAUSED : DONE[operation]}`
      return c.json({ connector: name, operation, message }, 202)
    })
  }
  return app.post('/connectors/:name/test', async (c) => {
    await requireNothing(c)
    const connector = connectorOf(reader, c)
    return c.json(testDocument(connector, await operations.test(connector.name, c.req.raw.signal)))
  })
}

function actorOf(c: HttpContext): Actor {
  return { via: PROGRAMS.get(c.req.header('x-requested-with') ?? '') ?? 'api', address: clientAddress(c) }
}

/** Nothing can be said to an operation; an empty object is the JSON that says so. */
async function requireNothing(c: HttpContext): Promise<void> {
  requireKnown(c, [])
  if (/^\s*(\{\s*\})?\s*$/.test(await c.req.text())) return
  throw new Refusal('BAD_REQUEST', 'this takes no options: send no body, or {}')
}
