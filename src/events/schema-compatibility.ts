import { describeType, isNullable, type AvroField, type AvroRecord, type AvroType } from './avro-type.js'

export interface Comparison {
  readonly compatible: boolean
  /** Why not, a sentence for each field; empty when compatible. */
  readonly reasons: readonly string[]
}

/**
 * Whether a schema may follow another (currents: schema evolution): fields that were added are nullable with default null,
 * required ones may have become nullable, nothing else has changed. The order of fields and documentation do not count.
 */
export function compareSchemas(older: AvroRecord, newer: AvroRecord): Comparison {
  const reasons = new SchemaComparer().compare(older, newer, '')
  return { compatible: reasons.length === 0, reasons }
}

class SchemaComparer {
  /** Records that are being compared, or have been: a record may contain itself. */
  readonly #compared = new Set<AvroRecord>()

  compare(older: AvroType, newer: AvroType, path: string): string[] {
    if (isNullable(newer) && !isNullable(older)) return this.compare(older, withoutNull(newer), path)
    if (older.kind === 'record' && newer.kind === 'record') return this.#compareRecords(older, newer, path)
    if (older.kind === 'array' && newer.kind === 'array') return this.compare(older.items, newer.items, `${path}[]`)
    if (older.kind === 'map' && newer.kind === 'map') return this.compare(older.values, newer.values, `${path}{}`)
    if (older.kind === 'union' && newer.kind === 'union')
      return this.#compareUnions(older.branches, newer.branches, path)
    return isSameLeaf(older, newer) ? [] : [`field "${path}" was ${describeType(older)} and is ${describeType(newer)}`]
  }

  #compareRecords(older: AvroRecord, newer: AvroRecord, path: string): string[] {
    if (this.#compared.has(newer)) return []
    this.#compared.add(newer)
    const prefix = path === '' ? '' : `${path}.`
    const old = new Map(older.fields.map((field) => [field.name, field]))
    const names = new Set(newer.fields.map(({ name }) => name))
    const renamed = older.name === newer.name ? [] : [`record ${older.name} is called ${newer.name} now`]
    const removed = older.fields
      .filter(({ name }) => !names.has(name))
      .map(({ name }) => `field "${prefix}${name}" was removed`)
    const others = newer.fields.flatMap((field) => {
      const before = old.get(field.name)
      return before ? this.compare(before.type, field.type, prefix + field.name) : checkAdded(field, prefix)
    })
    return [...renamed, ...removed, ...others]
  }

  #compareUnions(older: readonly AvroType[], newer: readonly AvroType[], path: string): string[] {
    if (older.length !== newer.length) return [`field "${path}": the types of its union have changed`]
    return older.flatMap((branch, index) => this.compare(branch, newer[index] ?? branch, path))
  }
}

function checkAdded({ name, type, default: given }: AvroField, prefix: string): string[] {
  if (isNullable(type) && given?.value === null) return []
  return [`field "${prefix}${name}" was added without being nullable with default null`]
}

function withoutNull(type: AvroType): AvroType {
  if (type.kind !== 'union') return type
  const branches = type.branches.filter(({ kind }) => kind !== 'null')
  const [only] = branches
  return only && branches.length === 1 ? only : { kind: 'union', branches }
}

/** Whether two types that contain no others are the same. */
function isSameLeaf(older: AvroType, newer: AvroType): boolean {
  return older.kind === newer.kind && JSON.stringify(older) === JSON.stringify(newer)
}
