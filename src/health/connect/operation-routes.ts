import { Hono } from 'hono'
import { clientAddress, type HttpContext, type HttpEnvironment } from '../http/client.js'
import type { Actor } from '../operations.js'
import type { ConnectParts } from './connect-api.js'
import type { Connectors } from './connector.js'
import { requested } from './connector-routes.js'
import { connectorStatus, restarting } from './connector-status.js'
import { eitherWay } from './paths.js'
import { ConnectRefusal } from './refusal.js'

type Parts = Pick<ConnectParts, 'operations' | 'version'>

/** What can be done with connectors, and what could be with others than ours. */
export function operationRoutes(connectors: Connectors, parts: Parts): Hono<HttpEnvironment> {
  const app = new Hono<HttpEnvironment>()
  for (const operation of ['pause', 'resume'] as const) {
    app.on('PUT', eitherWay(`/connectors/:name/${operation}`), async (c) => {
      const { report } = requested(c, connectors, unknown)
      await parts.operations[operation](report.name, actorOf(c))
      return c.body(null, 202)
    })
  }
  app.on('POST', eitherWay('/connectors/:name/restart'), (c) => restart(c, connectors, parts))
  app.on('POST', eitherWay('/connectors/:name/tasks/:task{[0-9]+}/restart'), async (c) => {
    const { report } = requested(c, connectors, unknownToRestart)
    const task = Number(c.req.param('task'))
    if (task >= report.instances.length) throw new ConnectRefusal(404, `Unknown task: ${report.name}-${task}`)
    await parts.operations.probe(report.name, actorOf(c))
    return c.body(null, 204)
  })
  return app.route('/', refusedRoutes(connectors))
}

/**
 * What a restart is there for: what failed is tried again now. Alone it answers nothing; with `includeTasks` or
 * `onlyFailed` what is going to be restarted.
 */
async function restart(c: HttpContext, connectors: Connectors, { operations, version }: Parts): Promise<Response> {
  const { report } = requested(c, connectors, unknownToRestart)
  const [withTasks, onlyFailed] = [isTrue(c.req.query('includeTasks')), isTrue(c.req.query('onlyFailed'))]
  const status = connectorStatus(report, version)
  const isDue = !onlyFailed || status.connector.state === 'FAILED'
  if (isDue) await operations.probe(report.name, actorOf(c))
  if (!withTasks && !onlyFailed) return c.body(null, 204)
  return c.json(isDue ? restarting(status, { withTasks }) : status, 202)
}

/** As Java's `Boolean.valueOf` has it. */
const isTrue = (text = '') => text.toLowerCase() === 'true'

const IN_THE_FILE = 'The configuration file alone says which connectors there are, and what they do'
const NO_CHANGE = `${IN_THE_FILE}: change it there, and start Millrace again.`
const NO_OFFSETS = 'Only what was delivered moves offsets: "millrace replay" delivers a range once more.'

/** What this API could do with a connector and Millrace does not, with what to do instead. */
const REFUSED: readonly [method: string, path: string, why: string][] = [
  ['PATCH', '/config', NO_CHANGE],
  ['DELETE', '', `${IN_THE_FILE}: remove it there or set enabled: false, and start Millrace again.`],
  [
    ...(['PUT', '/stop'] as const),
    'Nothing could be resumed from STOPPED: PUT …/pause keeps a connector from reading and writing; enabled: false in the ' +
      'configuration file takes it out of service.',
  ],
  ['PATCH', '/offsets', NO_OFFSETS],
  ['DELETE', '/offsets', NO_OFFSETS],
  ['PUT', '/topics/reset', 'Topic tracking reset is disabled.'],
]

function refusedRoutes(connectors: Connectors): Hono<HttpEnvironment> {
  const app = new Hono<HttpEnvironment>()
  const refuse = (why: string) => {
    throw new ConnectRefusal(403, why)
  }
  app.on('POST', eitherWay('/connectors'), () => {
    return refuse(`${IN_THE_FILE}: run "millrace add", and start Millrace again.`)
  })
  // With a new name it would make a connector.
  app.on('PUT', eitherWay('/connectors/:name/config'), () => refuse(NO_CHANGE))
  for (const [method, path, why] of REFUSED) {
    app.on(method, eitherWay(`/connectors/:name${path}`), (c) => {
      requested(c, connectors)
      return refuse(why)
    })
  }
  return app
}

function actorOf(c: HttpContext): Actor {
  return { via: 'kafka-connect', address: clientAddress(c) }
}

const unknown = (name: string) => `Unknown connector ${name}`
const unknownToRestart = (name: string) => `Unknown connector: ${name}`
