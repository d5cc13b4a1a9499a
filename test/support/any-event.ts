import type { AvroRecord, AvroType } from '../../src/events/avro-type.js'
import fc from './properties.js'

/** Everything a field may hold, in JSON. */
function valuesOf(name: string, type: AvroType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 80 })
    case 'int':
      return fc.integer()
    case 'long':
      // The library that is compared with refuses what a JavaScript number could not hold.
      return name === 'time' ? fc.integer() : fc.integer({ min: -(2 ** 52), max: 2 ** 52 })
    case 'float':
      return fc.float({ noNaN: true, noDefaultInfinity: true })
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(valuesOf(name, type.items), { maxLength: 4 })
    case 'union':
      return fc.oneof(...type.branches.map((branch) => valuesOf(name, branch)))
    case 'null':
      return fc.constant(null)
    case 'double':
    case 'bytes':
    case 'fixed':
    case 'enum':
    case 'map':
    case 'record':
      throw new Error(`no built-in type has a ${type.kind}`)
  }
}

/** Events of a built-in type in the flat shape, without their type. */
export function eventsOf({ fields }: AvroRecord): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, valuesOf(name, type)])))
}
