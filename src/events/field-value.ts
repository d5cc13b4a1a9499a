import type { AvroWriter } from './avro-writer.js'
import { ExactNumber } from './exact-json.js'
import type { Rejection } from './rejection.js'

/**
 * Appends a JSON value as one Avro type. Returns null, or why it cannot be written; then what it has appended so far is
 * of no use. One is made per field when a schema is compiled: nothing about types is decided while events pass.
 */
export type FieldWriter = (value: unknown, out: AvroWriter) => Rejection | null

/**
 * A number has lost digits between its source text and the value at hand. Not a verdict: the event has to be parsed
 * again, exactly (`parseExact`), and written anew.
 */
export const ROUNDED: Rejection = { reason: 'OUT_OF_RANGE', message: 'a number has more digits than can be kept' }

/** For a value that is no `type`: it is missing, or something else. Names field and types, never the value. */
export function wrongType(path: string, type: string, value: unknown): Rejection {
  if (isAbsent(value)) return { reason: 'MISSING_FIELD', message: `field "${path}" (${type}) is required` }
  return { reason: 'WRONG_TYPE', message: `field "${path}" must be ${type}, not ${jsonTypeOf(value)}` }
}

export function outOfRange(path: string, type: string): Rejection {
  return { reason: 'OUT_OF_RANGE', message: `field "${path}": the number does not fit into ${type}` }
}

/** The deepest JSON in a string, and record within itself: enough for any real event, far from where recursion ends. */
export const MAX_DEPTH = 64

export function tooDeep(path: string, what: 'JSON' | 'records'): Rejection {
  return { reason: 'TOO_DEEP', message: `field "${path}" holds ${what} nested deeper than ${MAX_DEPTH} levels` }
}

export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

/** Whether the value is a JSON object: no array, no number that was kept exactly. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
}

/** What an object from JSON has under a name; what it has inherited does not count. */
export function memberOf(object: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = object[name]
  // All that a parsed object inherits are functions, and JSON holds none (`__proto__` is refused as a field's name).
  return typeof value === 'function' ? undefined : value
}

function jsonTypeOf(value: unknown): string {
  if (value instanceof ExactNumber) return 'number'
  return Array.isArray(value) ? 'array' : typeof value
}
