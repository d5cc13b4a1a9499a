/**
 * JSON without rounding, for the rare event that holds a number a JavaScript number cannot: everything is as from
 * `JSON.parse`, but such a number becomes an `ExactNumber` that keeps its digits.
 */

export class ExactNumber {
  /** `text` is the number as it stands in the source. */
  constructor(readonly text: string) {}
}

/** Whether a number that came out of `JSON.parse` may differ from what stands in the source. Fractions always may: those are doubles. */
export function isRounded(value: number): boolean {
  return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))
}

/**
 * The deepest JSON that is parsed: far from where recursion ends. To look there is no way: V8 ends the whole process
 * ("RegExpCompiler Allocation failed") when the stack has no room for the regular expression it is about to compile.
 */
const MAX_LEVELS = 500

/** Thrown by `parseExact` for JSON nested deeper than 500 levels. */
export class NestingError extends Error {}

/** Parses `text`, which `JSON.parse` has found valid. Throws a `NestingError`. */
export function parseExact(text: string): unknown {
  return new ExactParser(text).value()
}

/** The JSON text of a value from `parseExact`, exact numbers as they were in the source. */
export function stringifyExact(value: unknown): string {
  if (value instanceof ExactNumber) return value.text
  if (Array.isArray(value)) return `[${value.map(stringifyExact).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${stringifyExact(member)}`)
  return `{${members.join(',')}}`
}

/** A number, true, false or null, from where the search begins. */
const LITERAL = /[-+.\w]+/y

const SPACE = /\s*/y

class ExactParser {
  #position = 0
  #level = 0

  constructor(readonly text: string) {}

  value(): unknown {
    this.#skipSpace()
    switch (this.text.charAt(this.#position)) {
      case '{':
        return this.#nested(() => this.#object())
      case '[':
        return this.#nested(() => this.#array())
      case '"':
        return this.#string()
      default:
        return this.#literal()
    }
  }

  #nested<Value>(read: () => Value): Value {
    if (++this.#level > MAX_LEVELS) throw new NestingError(`nested deeper than ${MAX_LEVELS} levels`)
    const value = read()
    this.#level--
    return value
  }

  #object(): Record<string, unknown> {
    // Without a prototype, so that `__proto__` is a member like any other.
    const object = Object.create(null) as Record<string, unknown>
    while (this.#hasNext('}')) {
      const key = this.#string()
      this.#skipSpace()
      this.#position++
      object[key] = this.value()
    }
    return object
  }

  #array(): unknown[] {
    const array: unknown[] = []
    while (this.#hasNext(']')) array.push(this.value())
    return array
  }

  /** Moves past the opening bracket or the comma, and past the closing bracket when nothing follows. */
  #hasNext(closing: string): boolean {
    this.#skipSpace()
    const isEnd = this.text[this.#position++] === closing
    if (isEnd) return false
    this.#skipSpace()
    if (this.text[this.#position] !== closing) return true
    this.#position++
    return false
  }

  #string(): string {
    const start = this.#position
    do this.#position = this.text.indexOf('"', this.#position + 1)
    while (this.#isEscaped())
    this.#position++
    return JSON.parse(this.text.slice(start, this.#position)) as string
  }

  /** Whether an odd number of backslashes stands before the quote. */
  #isEscaped(): boolean {
    let start = this.#position
    while (this.text[start - 1] === '\\') start--
    return (this.#position - start) % 2 === 1
  }

  #literal(): unknown {
    LITERAL.lastIndex = this.#position
    const [literal = ''] = LITERAL.exec(this.text) ?? []
    this.#position += literal.length
    const value: unknown = JSON.parse(literal)
    return typeof value === 'number' && isRounded(value) ? new ExactNumber(literal) : value
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#position
    SPACE.test(this.text)
    this.#position = SPACE.lastIndex
  }
}
