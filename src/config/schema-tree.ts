import { z } from 'zod'

/** Looks inside a zod schema: which keys stand where. Wrappers (defaults, transforms, checks) are looked through. */

type Schema = z.core.$ZodType

/**
 * The schema of a value as written in the file: a container (object, record, list) or a leaf. Where there are several
 * branches, the one that `raw` chooses; undefined when it chooses none.
 */
export function schemaFor(schema: Schema, raw: unknown): Schema | undefined {
  if (schema instanceof z.ZodDiscriminatedUnion) return chosenBranch(schema, raw)
  if (schema instanceof z.ZodUnion) return schema.options.find((option) => isContainer(option) === isObject(raw))
  const inside = unwrapped(schema)
  return inside === schema ? schema : schemaFor(inside, raw)
}

/** What the option at `path` means, as far as the branches chosen by `raw` have such an option. */
export function meaningAt(schema: Schema, raw: unknown, path: readonly PropertyKey[]): string | undefined {
  const [key, ...rest] = path
  if (key === undefined) return z.globalRegistry.get(schema)?.description
  const member = memberOf(schemaFor(schema, raw), key)
  return member && meaningAt(member, (raw as Record<PropertyKey, unknown> | undefined)?.[key], rest)
}

function memberOf(inside: Schema | undefined, key: PropertyKey): Schema | undefined {
  if (inside instanceof z.ZodArray) return inside.element
  if (inside instanceof z.ZodRecord) return inside.valueType
  return inside instanceof z.ZodObject ? (inside.shape[String(key)] as Schema | undefined) : undefined
}

function chosenBranch(union: z.ZodDiscriminatedUnion, raw: unknown): Schema | undefined {
  const { discriminator, options } = union.def
  const value = isObject(raw) ? raw[discriminator] : undefined
  return options.map((option) => unwrapAll(option)).find((option) => discriminatorOf(option, discriminator) === value)
}

function discriminatorOf(schema: Schema, discriminator: string): unknown {
  const member: unknown = schema instanceof z.ZodObject ? schema.shape[discriminator] : undefined
  return member instanceof z.ZodLiteral ? member.value : undefined
}

/** Whether `schema` is `target` or a wrapper around it; a description copies a schema around the same definition. */
export function wraps(schema: Schema, target: Schema): boolean {
  if (schema._zod.def === target._zod.def) return true
  const inside = unwrapped(schema)
  return inside !== schema && wraps(inside, target)
}

/** A schema and what it is wrapped around, from the outside in. */
export function layersOf(schema: Schema): Schema[] {
  const inside = unwrapped(schema)
  return inside === schema ? [schema] : [schema, ...layersOf(inside)]
}

function unwrapAll(schema: Schema): Schema {
  const inside = unwrapped(schema)
  return inside === schema ? schema : unwrapAll(inside)
}

function unwrapped(schema: Schema): Schema {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional) return schema.unwrap()
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return schema.unwrap()
  // A transform comes after the checks, a preprocessing step before them: the other side says what is written.
  if (schema instanceof z.ZodPipe) return schema.in instanceof z.ZodTransform ? schema.out : schema.in
  return schema
}

function isContainer(schema: Schema): boolean {
  return unwrapAll(schema) instanceof z.ZodObject
}

/** A block of keys, as parsed from the file. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
