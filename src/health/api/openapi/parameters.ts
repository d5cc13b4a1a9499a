import { CONNECTOR_STATES } from '../../connector-states.js'
import { MOST } from '../query.js'
import type { Schema } from './shapes.js'

const named = (parameter: string): Schema => ({ $ref: `#/components/parameters/${parameter}` })

export const CONNECTOR = named('connector')
export const LIMIT = named('limit')
export const REQUESTED_WITH = named('requestedWith')

export const parameters: Readonly<Record<string, Schema>> = {
  connector: {
    ...{ name: 'name', in: 'path', required: true, description: 'Name of the connector' },
    ...{ schema: { type: 'string' }, example: 'acme-archive' },
  },
  limit: {
    ...{ name: 'limit', in: 'query', description: 'How many entries at most' },
    schema: { type: 'integer', minimum: 1, maximum: MOST, default: MOST },
  },
  requestedWith: {
    ...{ name: 'X-Requested-With', in: 'header', required: true, schema: { type: 'string' }, example: 'curl' },
    description: 'Any value: pages of other sites cannot send it',
  },
}

/** Filters of the list of connectors. */
export const filters: readonly Schema[] = [
  {
    ...{
      name: 'state',
      in: 'query',
      description: 'Only connectors in this state; may be given again for further ones',
    },
    schema: { type: 'array', items: { type: 'string', enum: CONNECTOR_STATES } },
  },
  {
    ...{ name: 'attention', in: 'query', description: 'Only connectors that need a person (true), or that do not' },
    schema: { type: 'string', enum: ['true', 'false'] },
  },
  {
    ...{ name: 'q', in: 'query', schema: { type: 'string' } },
    description: 'Only connectors with this in name, description, contact, destination or topics; case does not matter',
  },
]

/** Of one connector. */
export const ofConnector: Schema = {
  ...{ name: 'connector', in: 'query', schema: { type: 'string' } },
  description: 'Only entries of this connector',
}

export const TOTAL_COUNT = {
  'X-Total-Count': { description: 'How many there are, with those beyond the limit', schema: { type: 'integer' } },
}
