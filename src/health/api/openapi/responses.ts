import { named, type Schema } from './shapes.js'

type Responses = Readonly<Record<string, Schema>>

export const json = (description: string, schema: Schema, headers?: Schema): Schema => ({
  description,
  ...(headers && { headers }),
  content: { 'application/json': { schema } },
})

export const plain = (description: string, type: string): Schema => ({
  description,
  content: { [type]: { schema: { type: 'string' } } },
})

const failures = {
  400: 'A parameter or the body is wrong',
  401: 'The token of service.http.token is missing or wrong',
  403: 'X-Requested-With is missing, or a page of another site asked',
  404: 'There is no such connector; the nearest name is told',
  409: 'The connector does not allow it now, e.g. because it is not launched',
  413: 'The body is larger than 64 KiB',
  415: 'Content-Type is not application/json',
  421: 'The Host header names another server',
  500: 'A bug; the log has more under the id that is told',
  503: 'Kafka or the destination cannot be asked now',
} as const

/** What may go wrong, as references to `components/responses`. */
export function failing(...statuses: (keyof typeof failures)[]): Responses {
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }]))
}

export const responses: Responses = Object.fromEntries(
  Object.entries(failures).map(([status, description]) => [status, json(description, named('Error'))]),
)
