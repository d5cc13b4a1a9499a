import { isAbsent, ROUNDED, wrongType, type FieldWriter } from './field-value.js'

/** A branch of a union other than null, and its place in the schema. */
export interface Branch {
  readonly index: number
  readonly isString: boolean
  readonly write: FieldWriter
}

/** null, absent, or a value of the only other branch. */
export function nullableWriter({ index, write }: Branch, nullIndex: number): FieldWriter {
  const nullByte = nullIndex * 2
  const branchByte = index * 2
  return (value, out) => {
    if (isAbsent(value)) {
      out.writeByte(nullByte)
      return null
    }
    out.writeByte(branchByte)
    return write(value, out)
  }
}

/** The first branch, in the schema's order, that can hold the value. Values come plain, never wrapped in a branch's name. */
export function choiceWriter(branches: readonly Branch[], path: string): FieldWriter {
  // A string could hold any object, as text: only when no other branch can.
  const forObjects = [...branches.filter(({ isString }) => !isString), ...branches.filter(({ isString }) => isString)]
  return (value, out) => {
    const start = out.length
    for (const { index, write } of typeof value === 'object' ? forObjects : branches) {
      out.length = start
      out.writeInt(index)
      const rejection = write(value, out)
      if (rejection === null || rejection === ROUNDED) return rejection
    }
    return wrongType(path, 'one of the types of its union', value)
  }
}
