import { MillraceError } from '../runtime/errors.js'
import { describeType, isNullable, type AvroField, type AvroType } from './avro-type.js'
import type { FieldWriter } from './field-value.js'
import { fieldWriter } from './field-writer.js'
import { hashWriter, redactedWriter } from './string-writer.js'
import type { FieldTransforms } from './transform.js'
import { nullableWriter } from './union-writer.js'

/** The field transforms of a connector with the key read: all events of one process are hashed alike. */
export interface ResolvedTransforms {
  readonly remove: ReadonlySet<string>
  readonly hash: ReadonlySet<string>
  readonly hashKey: string | undefined
}

export function resolveTransforms({ remove, hash, hashKey }: FieldTransforms): ResolvedTransforms {
  return { remove: new Set(remove), hash: new Set(hash), hashKey: hashKey?.read() }
}

/**
 * The writer of a field with its transform, if it has one; a field in both lists is removed. Throws a `MillraceError`
 * (`CONFIGURATION`) when its type cannot take the transform: `validate` has said so before.
 */
export function transformedWriter({ name, type }: AvroField, transforms: ResolvedTransforms): FieldWriter {
  if (transforms.remove.has(name)) return removedWriter(name, type)
  if (transforms.hash.has(name)) return hashedWriter(name, type, transforms.hashKey)
  return fieldWriter(type, name)
}

/** A string becomes `[REDACTED]` whatever the event holds, any other nullable null (currents: events). */
function removedWriter(name: string, type: AvroType): FieldWriter {
  if (type.kind === 'string') return redactedWriter
  const string = branchOf(type, 'string')
  if (string === undefined) return nullWriter(name, type)
  return (value, out) => {
    out.writeInt(string)
    return redactedWriter(value, out)
  }
}

function nullWriter(name: string, type: AvroType): FieldWriter {
  const index = branchOf(type, 'null')
  if (index === undefined) throw impossible(name, type, 'removed')
  return (_value, out) => {
    out.writeInt(index)
    return null
  }
}

/** Null stays null. */
function hashedWriter(name: string, type: AvroType, key: string | undefined): FieldWriter {
  const write = hashWriter(name, key)
  if (type.kind === 'string') return write
  const index = branchOf(type, 'string')
  if (index === undefined) throw impossible(name, type, 'hashed')
  const nullIndex = branchOf(type, 'null')
  if (nullIndex !== undefined) return nullableWriter({ index, isString: true, write }, nullIndex)
  return (value, out) => {
    out.writeInt(index)
    return write(value, out)
  }
}

/** The place of a primitive type in a union. */
function branchOf(type: AvroType, kind: 'string' | 'null'): number | undefined {
  if (type.kind !== 'union') return undefined
  const index = type.branches.findIndex((branch) => branch.kind === kind)
  return index < 0 ? undefined : index
}

function impossible(name: string, type: AvroType, participle: string): MillraceError {
  const what = `${isNullable(type) ? '' : 'required '}${describeType(type)}`
  return new MillraceError(
    'CONFIGURATION',
    `fields: "${name}" cannot be ${participle}: a selected event type has it as ${what}`,
  )
}
