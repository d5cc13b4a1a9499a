import { Hono } from 'hono'
import type { HttpContext, HttpEnvironment } from '../http/client.js'
import type { Operations } from '../operations.js'
import type { HealthReader } from '../report.js'
import { connectorRoutes } from './connector-routes.js'
import { fleetRoutes } from './fleet-routes.js'
import { openApi } from './openapi.js'
import { operationRoutes } from './operation-routes.js'
import { requireKnown } from './query.js'

export interface ApiParts {
  reader: HealthReader
  operations: Operations
  version: string
}

/** `/api/v1` (docs/api.md). What it answers is described by its OpenAPI document, which the tests hold against it. */
export function api({ reader, operations, version }: ApiParts): Hono<HttpEnvironment> {
  const document = openApi(version)
  const describe = (c: HttpContext) => {
    requireKnown(c, [])
    return c.json(document)
  }
  return new Hono<HttpEnvironment>()
    .get('/', describe)
    .get('/openapi.json', describe)
    .route('/', fleetRoutes(reader, operations))
    .route('/', connectorRoutes(reader, operations))
    .route('/', operationRoutes(reader, operations))
}
