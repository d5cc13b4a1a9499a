import { ExactNumber, stringifyExact } from './exact-json.js'
import { isAbsent } from './field-value.js'
import type { ResolvedTransforms } from './field-transform.js'
import { digestOf } from './string-writer.js'

/** The text of a field's value after its transform; undefined for one that is absent, null, empty or removed. */
export type FieldText = (value: unknown) => string | undefined

/** Reads a field as text, beside its writer: what a transform has taken away does not show. */
export function fieldText(name: string, { remove, hash, hashKey }: ResolvedTransforms): FieldText {
  if (remove.has(name)) return () => undefined
  if (!hash.has(name)) return textOf
  const digest = digestOf(hashKey)
  return (value) => {
    const text = textOf(value)
    return text && digest(text)
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (isAbsent(value)) return undefined
  return value instanceof ExactNumber ? value.text : stringifyExact(value)
}
