import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { expect } from 'vitest'
import { openApi } from '../../../src/health/api/openapi.js'

interface Described {
  parameters?: readonly ({ $ref: string } | { name: string })[]
  requestBody?: unknown
  security?: readonly unknown[]
  responses: Record<string, unknown>
}

interface OpenApi {
  paths: Record<string, Record<string, Described>>
  components: Record<string, Record<string, unknown>>
}

export const document = openApi('0.1.0') as unknown as OpenApi

const { components } = document

/** The document's own words beside its schemas are no keywords. */
const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
const validators = new Map<string, ValidateFunction>()

/** Every operation that the document has: `GET /api/v1/connectors`. */
export const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
)

/** Asserts that an answer is one that the document describes for the operation. */
export function expectDescribed(operation: string, status: number, text: string): void {
  const [method = '', path = ''] = operation.split(' ')
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[status]
  expect([operation, status, response !== undefined]).toEqual([operation, status, true])
  const { content } = resolve(response) as { content: Record<string, { schema: object }> }
  const json = content['application/json']
  if (!json) return
  const validate = validators.get(operation + status) ?? ajv.compile({ ...json.schema, components })
  validators.set(operation + status, validate)
  validate(JSON.parse(text))
  expect([operation, status, validate.errors ?? []]).toEqual([operation, status, []])
}

/** What is wrong with a value that shall be of this schema. */
export function mistakesOf(schema: string, value: unknown): unknown[] {
  const validate = ajv.compile({ $ref: `#/components/schemas/${schema}`, components })
  validate(value)
  return validate.errors ?? []
}

function resolve(value: unknown): unknown {
  const { $ref } = value as { $ref?: string }
  if ($ref === undefined) return value
  return $ref
    .split('/')
    .slice(1)
    .reduce((at, name) => (at as Record<string, unknown>)[name]!, document as unknown)
}
