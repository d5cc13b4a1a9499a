/** The shape of an Avro schema, names resolved and everything left out that changes no encoded byte. */
export type AvroType =
  | { readonly kind: PrimitiveKind; readonly logicalType?: string }
  | { readonly kind: 'fixed'; readonly name: string; readonly size: number }
  | { readonly kind: 'enum'; readonly name: string; readonly symbols: readonly string[] }
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | AvroRecord

type PrimitiveKind = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string'

export interface AvroRecord {
  readonly kind: 'record'
  /** The full name, namespace included. */
  readonly name: string
  readonly fields: readonly AvroField[]
}

export interface AvroField {
  readonly name: string
  readonly type: AvroType
  /** Present when the schema gives one; its value may be null. */
  readonly default?: { readonly value: unknown }
}

/** Reads a schema, given as parsed JSON, that is known to be valid Avro (`checkAvroSchema`). */
export function readAvroType(schema: unknown): AvroType {
  return new SchemaReader().read(schema, '')
}

/** Whether the type is a union that null may stand in. */
export function isNullable(type: AvroType): boolean {
  return type.kind === 'union' && type.branches.some(({ kind }) => kind === 'null')
}

/** The type in words, as in `nullable string`; for messages. */
export function describeType(type: AvroType): string {
  if (type.kind === 'union') {
    const others = type.branches.filter(({ kind }) => kind !== 'null').map(describeType)
    return `${isNullable(type) ? 'nullable ' : ''}${others.join(' or ')}`
  }
  if (type.kind === 'array') return `array of ${describeType(type.items)}`
  if (type.kind === 'map') return `map of ${describeType(type.values)}`
  return 'name' in type ? `${type.kind} ${type.name}` : type.kind
}

const PRIMITIVES: ReadonlySet<string> = new Set([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
] satisfies PrimitiveKind[])

/** A schema in the words of the Avro specification. */
interface RawSchema {
  type: unknown
  name: string
  namespace?: string
  logicalType?: string
  items: unknown
  values: unknown
  size: number
  symbols: string[]
  fields: { name: string; type: unknown; default?: unknown }[]
}

class SchemaReader {
  readonly #named = new Map<string, AvroType>()

  read(schema: unknown, namespace: string): AvroType {
    if (typeof schema === 'string') return this.#byName(schema, namespace)
    if (Array.isArray(schema)) return { kind: 'union', branches: schema.map((branch) => this.read(branch, namespace)) }
    const raw = schema as RawSchema
    switch (raw.type) {
      case 'array':
        return { kind: 'array', items: this.read(raw.items, namespace) }
      case 'map':
        return { kind: 'map', values: this.read(raw.values, namespace) }
      case 'fixed':
        return this.#define({ kind: 'fixed', name: fullName(raw, namespace), size: raw.size })
      case 'enum':
        return this.#define({ kind: 'enum', name: fullName(raw, namespace), symbols: raw.symbols })
      case 'record':
        return this.#record(raw, namespace)
      default:
        return withLogicalType(this.read(raw.type, namespace), raw.logicalType)
    }
  }

  #byName(name: string, namespace: string): AvroType {
    if (PRIMITIVES.has(name)) return { kind: name as PrimitiveKind }
    const type = this.#named.get(name.includes('.') ? name : qualified(name, namespace)) ?? this.#named.get(name)
    if (!type) throw new Error(`the schema names a type it does not define: ${name}`)
    return type
  }

  #record(raw: RawSchema, namespace: string): AvroType {
    const name = fullName(raw, namespace)
    const inner = name.slice(0, Math.max(0, name.lastIndexOf('.')))
    const fields: AvroField[] = []
    // Known by name before its fields are read: a record may contain itself.
    const record = this.#define({ kind: 'record', name, fields })
    for (const field of raw.fields) {
      const type = this.read(field.type, inner)
      fields.push(
        'default' in field ? { name: field.name, type, default: { value: field.default } } : { name: field.name, type },
      )
    }
    return record
  }

  #define<T extends AvroType & { name: string }>(type: T): T {
    this.#named.set(type.name, type)
    return type
  }
}

function fullName({ name, namespace }: RawSchema, enclosing: string): string {
  return name.includes('.') ? name : qualified(name, namespace ?? enclosing)
}

function qualified(name: string, namespace: string): string {
  return namespace === '' ? name : `${namespace}.${name}`
}

function withLogicalType(type: AvroType, logicalType: string | undefined): AvroType {
  return logicalType !== undefined && PRIMITIVES.has(type.kind) ? ({ ...type, logicalType } as AvroType) : type
}
