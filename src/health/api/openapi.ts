import { withExamples } from './openapi/examples.js'
import { parameters } from './openapi/parameters.js'
import { paths } from './openapi/paths.js'
import { responses } from './openapi/responses.js'
import { schemas } from './openapi/schemas.js'
import type { Schema } from './openapi/shapes.js'

const DESCRIPTION =
  'What Millrace shows and does. Instants are ISO 8601 in UTC; what is not known is null. Lists are arrays. Requests that ' +
  'change something need Content-Type: application/json and X-Requested-With. Errors are { error: { code, message } }.'

/** The OpenAPI 3.1 document of `/api/v1` and what stands beside it. The API of Kafka Connect has its own description. */
export function openApi(version: string): Schema {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { basic: [] }, {}],
    paths,
    components: {
      ...{ schemas: withExamples(schemas), parameters, responses },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The token of service.http.token, where there is one' },
        basic: { type: 'http', scheme: 'basic', description: 'Any user, with the token as password' },
      },
    },
  }
}
