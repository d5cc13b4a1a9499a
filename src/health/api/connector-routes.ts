import { Hono } from 'hono'
import type { HttpContext, HttpEnvironment } from '../http/client.js'
import type { Operations } from '../operations.js'
import type { HealthReader } from '../report.js'
import { connectorOf } from './connector-named.js'
import {
  connectorDetails,
  deadLetterDocument,
  errorDocument,
  historyDocument,
  partitionDocument,
  timelineDocument,
} from './documents.js'
import { limitOf, requireKnown, upToLimit } from './query.js'

/** What is known of one connector. */
export function connectorRoutes(reader: HealthReader, operations: Operations): Hono<HttpEnvironment> {
  const connector = (c: HttpContext) => connectorOf(reader, c)
  return new Hono<HttpEnvironment>()
    .get('/connectors/:name', (c) => {
      requireKnown(c, [])
      return c.json(connectorDetails(connector(c)))
    })
    .get('/connectors/:name/partitions', (c) => c.json(listed(c, connector(c).partitions).map(partitionDocument)))
    .get('/connectors/:name/errors', (c) => c.json(listed(c, reader.errors(connector(c).name)).map(errorDocument)))
    .get('/connectors/:name/timeline', (c) => {
      return c.json(listed(c, reader.timeline(connector(c).name)).map(timelineDocument))
    })
    .get('/connectors/:name/history', (c) => {
      requireKnown(c, [])
      return c.json(historyDocument(reader.history(connector(c).name)))
    })
    .get('/connectors/:name/drops', async (c) => {
      requireKnown(c, ['limit'])
      return c.json(await operations.drops(connector(c).name, limitOf(c)))
    })
    .get('/connectors/:name/dead-letters', async (c) => {
      requireKnown(c, ['limit'])
      const letters = await operations.deadLetters(connector(c).name, limitOf(c))
      return c.json(letters.map(deadLetterDocument))
    })
}

function listed<Entry>(c: HttpContext, entries: readonly Entry[]): Entry[] {
  requireKnown(c, ['limit'])
  return upToLimit(c, entries)
}
