import { Hono } from 'hono'
import type { HttpContext, HttpEnvironment } from '../http/client.js'
import type { Connector, Connectors } from './connector.js'
import { configOf, connectorInfo, connectorOffsets, taskInfos } from './connector-info.js'
import { connectorStatus } from './connector-status.js'
import { eitherWay } from './paths.js'
import { ConnectRefusal } from './refusal.js'

/** What can be read of connectors. */
export function connectorRoutes(connectors: Connectors, version: string): Hono<HttpEnvironment> {
  const app = new Hono<HttpEnvironment>()
  const statusOf = ({ report }: Connector) => connectorStatus(report, version)
  const read = (path: string, answer: (connector: Connector) => object, refusal = notFound) =>
    app.on('GET', eitherWay(`/connectors/:name${path}`), (c) => c.json(answer(requested(c, connectors, refusal))))

  app.on('GET', eitherWay('/connectors'), (c) => {
    const expansions = c.req.queries('expand')
    if (!expansions) return c.json(connectors.all().map(({ report }) => report.name))
    return c.json(Object.fromEntries(connectors.all().map((one) => [one.report.name, expanded(one, expansions)])))
  })
  read('', connectorInfo)
  read('/config', configOf)
  read('/status', statusOf, (name) => `No status found for connector ${name}`)
  read('/tasks', taskInfos)
  read('/offsets', connectorOffsets)
  app.on('GET', eitherWay('/connectors/:name/tasks/:task{[0-9]+}/status'), (c) => {
    const connector = connectors.named(nameIn(c))
    const task = connector && statusOf(connector).tasks[Number(c.req.param('task'))]
    if (task) return c.json(task)
    throw new ConnectRefusal(404, `No status found for task ${nameIn(c)}-${c.req.param('task')}`)
  })
  app.on('GET', eitherWay('/connectors/:name/topics'), (c) => {
    // A worker knows no topics of a connector that there is not, and does not mind.
    const topics = connectors.named(nameIn(c))?.settings.topics ?? []
    return c.json({ [nameIn(c)]: { topics } })
  })
  return app

  function expanded(connector: Connector, expansions: readonly string[]) {
    return {
      ...(expansions.includes('info') && { info: connectorInfo(connector) }),
      ...(expansions.includes('status') && { status: statusOf(connector) }),
    }
  }
}

/** The connector that the path names. Throws 404, in the words that a worker has at this path. */
export function requested(
  c: HttpContext,
  connectors: Connectors,
  refusal: (name: string) => string = notFound,
): Connector {
  const name = nameIn(c)
  const found = connectors.named(name)
  if (!found) throw new ConnectRefusal(404, refusal(name))
  return found
}

function nameIn(c: HttpContext): string {
  return c.req.param('name') ?? ''
}

const notFound = (name: string) => `Connector ${name} not found`
