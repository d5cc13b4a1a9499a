import { ExactNumber } from './exact-json.js'
import { outOfRange, ROUNDED, wrongType, type FieldWriter } from './field-value.js'

export function intWriter(path: string): FieldWriter {
  return (value, out) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return notInteger(path, 'int', value)
    if (value !== (value | 0)) return outOfRange(path, 'int')
    out.writeInt(value)
    return null
  }
}

/** Never rounds: what a JavaScript number cannot hold is written from its digits, or not at all. */
export function longWriter(path: string): FieldWriter {
  return (value, out) => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) {
      out.writeLong(value)
      return null
    }
    if (typeof value === 'number' && Number.isInteger(value)) return ROUNDED
    if (!(value instanceof ExactNumber)) return notInteger(path, 'long', value)
    const exact = PLAIN_INTEGER.test(value.text) ? BigInt(value.text) : null
    if (exact === null || BigInt.asIntN(64, exact) !== exact) return outOfRange(path, 'long')
    out.writeBigLong(exact)
    return null
  }
}

/** Rounds to the nearest float, as every Avro writer does; refuses what is beyond the largest. */
export function floatWriter(path: string): FieldWriter {
  return (value, out) => {
    const number = doubleOf(value)
    if (number === undefined) return wrongType(path, 'float', value)
    if (!Number.isFinite(Math.fround(number))) return outOfRange(path, 'float')
    out.writeFloat(number)
    return null
  }
}

export function doubleWriter(path: string): FieldWriter {
  return (value, out) => {
    const number = doubleOf(value)
    if (number === undefined) return wrongType(path, 'double', value)
    if (!Number.isFinite(number)) return outOfRange(path, 'double')
    out.writeDouble(number)
    return null
  }
}

/** 9999-12-31T23:59:59Z; milliseconds of any time since 1978 are later. */
const MAX_TIME_SECONDS = 253_402_300_799

/** For an event's `time`: Unix seconds (currents: events). Milliseconds would pass for a date in the far future. */
export function secondsWriter(path: string, write: FieldWriter): FieldWriter {
  const tooLate = { reason: 'OUT_OF_RANGE', message: `field "${path}" must be Unix seconds, not milliseconds` } as const
  return (value, out) => {
    if (typeof value === 'number' && value > MAX_TIME_SECONDS) return tooLate
    return write(value, out)
  }
}

const PLAIN_INTEGER = /^-?\d+$/

function doubleOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return value instanceof ExactNumber ? Number(value.text) : undefined
}

function notInteger(path: string, type: string, value: unknown) {
  if (value instanceof ExactNumber || value === Infinity || value === -Infinity) return outOfRange(path, type)
  if (typeof value === 'number')
    return { reason: 'WRONG_TYPE', message: `field "${path}" must be ${type}, not a fraction` } as const
  return wrongType(path, type, value)
}
