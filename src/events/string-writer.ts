import { createHmac, hash } from 'node:crypto'
import { ExactNumber, isRounded, stringifyExact } from './exact-json.js'
import { MAX_DEPTH, ROUNDED, tooDeep, wrongType, type FieldWriter } from './field-value.js'
import type { Rejection } from './rejection.js'

/** A string; an object or array becomes its JSON text (currents: events). */
export function stringWriter(path: string): FieldWriter {
  const unwritable = loneSurrogate(path)
  return (value, out) => {
    const text = typeof value === 'string' ? value : textOf(value, path)
    if (typeof text !== 'string') return text
    return out.writeString(text) ? null : unwritable
  }
}

/** Lower-case hexadecimal SHA-256 of the string's UTF-8 bytes; HMAC-SHA-256 when there is a key. */
export function hashWriter(path: string, key: string | undefined): FieldWriter {
  const unwritable = loneSurrogate(path)
  const digest = digestOf(key)
  return (value, out) => {
    const text = typeof value === 'string' ? value : textOf(value, path)
    if (typeof text !== 'string') return text
    // A lone surrogate has no UTF-8 bytes to hash.
    if (LONE_SURROGATE.test(text)) return unwritable
    out.writeString(digest(text))
    return null
  }
}

/** Writes `[REDACTED]` whatever the event holds. */
export const redactedWriter: FieldWriter = (_value, out) => {
  out.writeString('[REDACTED]')
  return null
}

/** How a string is hashed, with a key or without. */
export function digestOf(key: string | undefined): (text: string) => string {
  if (key === undefined) return (text) => hash('sha256', text, 'hex')
  return (text) => createHmac('sha256', key).update(text).digest('hex')
}

const LONE_SURROGATE = /\p{Surrogate}/u

function loneSurrogate(path: string): Rejection {
  return {
    reason: 'INVALID_STRING',
    message: `field "${path}" holds half of a surrogate pair, which UTF-8 cannot carry`,
  }
}

function textOf(value: unknown, path: string): string | Rejection {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber)
    return wrongType(path, 'string', value)
  switch (survey(value, 1)) {
    case 'plain':
      return JSON.stringify(value)
    case 'exact':
      return stringifyExact(value)
    case 'rounded':
      return ROUNDED
    case 'deep':
      return tooDeep(path, 'JSON')
  }
}

/** What matters of JSON that is to become text again, the worst of all its members: see `textOf`. */
type Survey = 'plain' | 'exact' | 'rounded' | 'deep'

function survey(value: unknown, depth: number): Survey {
  if (typeof value === 'number') return isRounded(value) ? 'rounded' : 'plain'
  if (typeof value !== 'object' || value === null) return 'plain'
  if (value instanceof ExactNumber) return 'exact'
  if (depth > MAX_DEPTH) return 'deep'
  let found: Survey = 'plain'
  for (const member of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) {
    const inner = survey(member, depth + 1)
    if (inner === 'deep') return inner
    if (inner !== 'plain') found = inner
  }
  return found
}
