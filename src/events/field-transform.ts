import { describeType, isNullable, type AvroField, type AvroRecord, readAvroType, type AvroType } from './avro-type.js'
import type { Catalogue } from './catalogue.js'
import { selectsType, type EventSelection } from './event-selection.js'
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

/** The writer of a field with its transform, if it has one. A field in both lists is removed. */
export function transformedWriter({ name, type }: AvroField, transforms: ResolvedTransforms): FieldWriter {
  if (transforms.remove.has(name)) return removedWriter(type)
  if (transforms.hash.has(name)) return hashedWriter(type, hashWriter(name, transforms.hashKey))
  return fieldWriter(type, name)
}

/**
 * Which transforms cannot be applied, as sentences: a required number cannot be removed, only a string can be hashed.
 * Asked of every version of every selected type; empty when all is well.
 */
export function transformProblems(catalogue: Catalogue, events: EventSelection, fields: FieldTransforms): string[] {
  const transforms = { remove: new Set(fields.remove), hash: new Set(fields.hash) }
  const problems = catalogue
    .names()
    .filter((name) => selectsType(events, name))
    .flatMap((name) => catalogue.get(name)?.versions ?? [])
    .flatMap(({ eventType, json }) =>
      (readAvroType(JSON.parse(json)) as AvroRecord).fields.flatMap((field) => {
        const problem = fieldProblem(field, transforms)
        return problem === undefined ? [] : [`${problem} in ${eventType}`]
      }),
    )
  return [...new Set(problems)]
}

function fieldProblem({ name, type }: AvroField, transforms: Omit<ResolvedTransforms, 'hashKey'>): string | undefined {
  if (transforms.remove.has(name))
    return canRemove(type) ? undefined : `"${name}" cannot be removed: it is a required ${describeType(type)}`
  if (!transforms.hash.has(name) || stringBranch(type) !== undefined) return undefined
  return `"${name}" cannot be hashed: it is ${describeType(type)}, not string`
}

function canRemove(type: AvroType): boolean {
  return stringBranch(type) !== undefined || isNullable(type)
}

/** A string becomes `[REDACTED]` whatever the event holds, any other nullable null (currents: events). */
function removedWriter(type: AvroType): FieldWriter {
  if (type.kind !== 'union') return redactedWriter
  const branch = stringBranch(type)
  const nullIndex = type.branches.findIndex(({ kind }) => kind === 'null')
  return (value, out) => {
    out.writeInt(branch ?? nullIndex)
    return branch === undefined ? null : redactedWriter(value, out)
  }
}

function hashedWriter(type: AvroType, write: FieldWriter): FieldWriter {
  if (type.kind !== 'union') return write
  const index = stringBranch(type) ?? 0
  return nullableWriter({ index, isString: true, write }, 1 - index)
}

/** Where the string is in a union of null and string; 0 for a plain string; undefined for any other type. */
function stringBranch(type: AvroType): number | undefined {
  if (type.kind === 'string') return 0
  if (type.kind !== 'union' || type.branches.length !== 2 || !isNullable(type)) return undefined
  const index = type.branches.findIndex(({ kind }) => kind === 'string')
  return index < 0 ? undefined : index
}
