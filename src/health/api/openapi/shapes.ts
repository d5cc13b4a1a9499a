/** A JSON Schema (2020-12), as OpenAPI 3.1 has it. */
export type Schema = Readonly<Record<string, unknown>>

export const text = (description: string): Schema => ({ type: 'string', description })

export const oneOf = (choices: readonly string[], description: string): Schema => ({
  type: 'string',
  enum: choices,
  description,
})

/** ISO 8601 in UTC, with milliseconds: sorts as text. */
export const instant = (description: string): Schema => ({ type: 'string', format: 'date-time', description })

export const count = (description: string): Schema => ({ type: 'integer', minimum: 0, description })

export const amount = (description: string): Schema => ({ type: 'number', minimum: 0, description })

export const truth = (description: string): Schema => ({ type: 'boolean', description })

export const listOf = (items: Schema): Schema => ({ type: 'array', items })

export const named = (schema: string): Schema => ({ $ref: `#/components/schemas/${schema}` })

export const orNull = (schema: Schema): Schema =>
  typeof schema['type'] === 'string'
    ? { ...schema, type: [schema['type'], 'null'] }
    : { anyOf: [schema, { type: 'null' }] }

/** All properties are always there, and no others. */
export function object(description: string, properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', description, properties, required: Object.keys(properties), additionalProperties: false }
}
