import { describe, expect, it } from 'vitest'
import { ExactNumber, isRounded, NestingError, parseExact, stringifyExact } from '../../src/events/exact-json.js'
import fc from '../support/properties.js'

describe('parseExact', () => {
  it('gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), fc.constantFrom(undefined, 1, '\t'), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent)
        fc.pre(!/\d{16}|e\+/.test(text))
        expect(parseExact(text)).toEqual(withoutPrototypes(JSON.parse(text)))
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['9007199254740993', true],
    ['-9007199254740993', true],
    ['9007199254740991', false],
    ['1e400', true],
    ['1e17', true],
    ['0.1234567890123456789', false],
  ])('keeps %s exactly: %s', (text, isKept) => {
    expect(parseExact(`[ ${text} ]`)).toEqual([isKept ? new ExactNumber(text) : Number(text)])
    expect(isRounded(Number(text))).toBe(isKept)
  })

  it.each([
    ['[', ']'],
    ['{"a":', '}'],
  ])('takes 500 levels of %s and refuses one more, however much of the stack is left', (open, close) => {
    const nested = (levels: number) => open.repeat(levels) + '1' + close.repeat(levels)
    expect(JSON.stringify(parseExact(nested(500)))).toBe(nested(500))
    expect(() => parseExact(nested(501))).toThrow(NestingError)
    expect(() => parseExact(nested(200_000))).toThrow(NestingError)
    expect(parseExact(`[${Array(600).fill('[]').join(',')}]`)).toHaveLength(600)
  })

  it('takes quotes and backslashes in strings for what they are', () => {
    const value = { 'a"b': 'c\\', 'd\\"': '\\\\"', '': '}' }
    expect(parseExact(JSON.stringify(value))).toEqual(withoutPrototypes(value))
  })

  it('has __proto__ as a member like any other, and the last of duplicates', () => {
    const parsed = parseExact('{"__proto__": {"x": 1}, "a": 1, "a": 2}') as Record<string, unknown>
    expect(Object.keys(parsed)).toEqual(['__proto__', 'a'])
    expect(parsed['a']).toBe(2)
    expect(parsed['x']).toBeUndefined()
  })
})

describe('stringifyExact', () => {
  it('gives numbers back as they were', () => {
    const text = '{"a":[12345678901234567890,1e400,{"b":-9007199254740993}],"c\\n":"x"}'
    expect(stringifyExact(parseExact(text))).toBe(text)
  })

  it('is JSON.stringify for everything else', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value: unknown = JSON.parse(json)
        expect(stringifyExact(value)).toBe(JSON.stringify(value))
      }),
    )
  })
})

/** Objects from `parseExact` have none; `toEqual` would not mind, but for `__proto__`. */
function withoutPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototypes)
  if (typeof value !== 'object' || value === null) return value
  const bare = Object.create(null) as Record<string, unknown>
  for (const [key, member] of Object.entries(value)) bare[key] = withoutPrototypes(member)
  return bare
}
