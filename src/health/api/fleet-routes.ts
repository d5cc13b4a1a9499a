import { Hono } from 'hono'
import { CONNECTOR_STATES } from '../connector-states.js'
import type { HttpContext, HttpEnvironment } from '../http/client.js'
import type { Operations } from '../operations.js'
import type { ConnectorReport, HealthReader } from '../report.js'
import { connectorNamed } from './connector-named.js'
import { connectorDocument, instanceDocument } from './documents.js'
import { choicesOf, limitOf, requireKnown, upToLimit } from './query.js'

/** What concerns all connectors together. */
export function fleetRoutes(reader: HealthReader, operations: Operations): Hono<HttpEnvironment> {
  return new Hono<HttpEnvironment>()
    .get('/instances', (c) => {
      requireKnown(c, [])
      return c.json(reader.instances().map(instanceDocument))
    })
    .get('/connectors', (c) => {
      requireKnown(c, ['state', 'attention', 'q', 'limit'])
      return c.json(upToLimit(c, reader.connectors().filter(filterOf(c))).map(connectorDocument))
    })
    .get('/drops', async (c) => {
      requireKnown(c, ['connector', 'limit'])
      const limit = limitOf(c)
      const connector = c.req.query('connector')
      if (connector !== undefined) connectorNamed(reader, connector)
      return c.json(await operations.drops(connector, limit))
    })
}

function filterOf(c: HttpContext): (report: ConnectorReport) => boolean {
  const states = choicesOf(c, 'state', CONNECTOR_STATES)
  const [attention] = choicesOf(c, 'attention', ['true', 'false']) ?? []
  const wanted = (c.req.query('q') ?? '').toLowerCase()
  return (report) =>
    (states === undefined || states.includes(report.state)) &&
    (attention === undefined || report.needsAttention === (attention === 'true')) &&
    wordsOf(report).toLowerCase().includes(wanted)
}

/** What a search looks into; a line each, so that nothing is found across two of them. */
function wordsOf({ name, description = '', contact = '', destination, topics }: ConnectorReport): string {
  return [name, description, contact, destination.place, ...topics].join('\n')
}
