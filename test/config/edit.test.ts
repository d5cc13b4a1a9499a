import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { withAdditions, type Addition } from '../../src/config/edit.js'
import fc from '../support/properties.js'

const account: Addition = { section: 'accounts', name: 'keys', value: { type: 'aws', accessKeyId: 'env:A' } }
const connector: Addition = {
  ...{ section: 'connectors', name: 'new-one' },
  value: {
    description: 'yes: "x" # y',
    enabled: false,
    topics: ['a', 'on'],
    destination: { type: 'folder', path: './out' },
  },
}

const ADDED_CONNECTOR = `  new-one:
    description: 'yes: "x" # y'
    enabled: false
    topics: [a, on]
    destination:
      type: folder
      path: ./out
`
const ADDED_ACCOUNT = `  keys:
    type: aws
    accessKeyId: env:A
`

describe('what is added to a configuration', () => {
  it('makes a new file of nothing', () => {
    const text = withAdditions('', [{ section: 'kafka', name: 'brokers', value: ['a:1', 'b:2'] }, account, connector])
    expect(text).toBe(`kafka:\n  brokers: [a:1, b:2]\n\naccounts:\n${ADDED_ACCOUNT}\nconnectors:\n${ADDED_CONNECTOR}`)
  })

  it('stands behind its neighbours and the comments that belong to them; nothing else is touched', () => {
    const above = `# top
kafka:   { brokers: ['a:1'] }   # odd   spaces
accounts:     # whose?
  one: {type: aws}   # mine
`
    const middle = `connectors: # these
  a:
    topics: [x]
    description: |
      # not a comment

      end
    # files: { maxAge: 1m }
  # b: commented out
`
    const below = `
# about the service
service:
    zone:   "z"
`
    expect(withAdditions(above + middle + below, [account, connector])).toBe(
      above + ADDED_ACCOUNT + middle + ADDED_CONNECTOR + below,
    )
  })

  it('is indented and set apart like its neighbours, with their ends of lines', () => {
    const text = 'connectors:\n    a: { x: 1 }\n\n    # about b\n    b: { x: 2 }\nzone: z'.replaceAll('\n', '\r\n')
    const lines = ['connectors:', '    a: { x: 1 }', '', '    # about b', '    b: { x: 2 }', '', '    new-one:']
    const edited = withAdditions(text, [connector])
    expect(edited.split('\r\n').slice(0, 7)).toEqual(lines)
    expect(edited).toContain("\r\n        description: 'yes")
    expect(edited).toMatch(/path: \.\/out\r\nzone: z$/)
    expect(edited.replaceAll('\r\n', '')).not.toContain('\n')
  })

  it.each([
    ['no last end of line', 'connectors:\n  a: ~', `connectors:\n  a: ~\n${ADDED_CONNECTOR}`],
    ['an empty block', 'connectors: # none yet\nx: 1\n', `connectors: # none yet\n${ADDED_CONNECTOR}x: 1\n`],
    ['empty braces', 'connectors: {} # none\n', `connectors: # none\n${ADDED_CONNECTOR}`],
    ['only a comment', '# mine\n', `# mine\n\nconnectors:\n${ADDED_CONNECTOR}`],
    ['the mark of byte order', '\ufeffx: 1\n', `\ufeffx: 1\n\nconnectors:\n${ADDED_CONNECTOR}`],
  ])('%s', (_, text, expected) => {
    expect(withAdditions(text, [connector])).toBe(expected)
  })

  it('in braces, on the same line or on one of its own', () => {
    const added = 'keys: { type: aws, accessKeyId: env:A }'
    expect(withAdditions('accounts: { a: {type: aws} } # a\n', [account])).toBe(
      `accounts: { a: {type: aws}, ${added} } # a\n`,
    )
    expect(withAdditions('accounts: {\n  a: {},  # ca\n  b: {}   # cb\n}\n', [account])).toBe(
      `accounts: {\n  a: {},  # ca\n  b: {},   # cb\n  ${added}\n}\n`,
    )
  })

  it.each([['  '], ['\t'], ['']])('in JSON, indented by %j', (unit) => {
    const before = { kafka: { brokers: ['a:1'] }, accounts: {}, connectors: { a: { topics: ['t'] } } }
    const edited = withAdditions(JSON.stringify(before, null, unit), [account, connector])
    const after = {
      kafka: before.kafka,
      accounts: { keys: account.value },
      connectors: { ...before.connectors, 'new-one': connector.value },
    }
    expect(JSON.parse(edited)).toEqual(after)
    if (unit !== '') expect(edited).toBe(JSON.stringify(after, null, unit))
    expect(JSON.parse(withAdditions('{}\n', [account]))).toEqual({ accounts: { keys: account.value } })
  })

  it.each([
    ['an alias', 'a: &x { q: {} }\nconnectors: *x\n'],
    ['a list', 'connectors:\n  - a\n'],
    ['the name is there', 'connectors:\n  new-one: { topics: [x] }\n'],
    ['no block at all', 'hello\n'],
    ['the end of the document', 'x: 1\n...\n'],
  ])('refuses what it cannot add to, and says what to write: %s', (_, text) => {
    expect(() => withAdditions(text, [connector])).toThrow(
      /^connectors is written in a way.*by hand:\nconnectors:\n  new-one:/s,
    )
  })

  it('whatever the file looks like: it says the same and more, and no line is lost', () => {
    const line = fc.constantFrom(
      '',
      '# c',
      '    # deep',
      '  # as deep',
      '  zz: { x: 1 } # flow',
      '  y:',
      '    x:',
      '      - 1',
    )
    const block = fc.array(line, { maxLength: 8 })
    const sections = fc.shuffledSubarray(['connectors:', 'accounts: # a', 'service:', 'kafka: { brokers: [a] }'])
    const file = sections.chain((names) =>
      fc.tuple(...names.map((name) => block.map((lines) => [name, ...lines].join('\n')))),
    )
    fc.assert(
      fc.property(file, fc.constantFrom('', '\n', '\n\n'), (blocks, end) => {
        const text = blocks.join('\n') + end
        const before = readable(text)
        fc.pre(before !== undefined)
        const edited = withAdditions(text, [account, connector])
        expect(parse(edited)).toEqual({
          ...before,
          accounts: { ...(before?.['accounts'] as object), keys: account.value },
          connectors: { ...(before?.['connectors'] as object), 'new-one': connector.value },
        })
        const left = edited.split('\n')
        for (const one of text.split('\n').filter((words) => words !== '')) {
          const at = left.indexOf(one)
          expect(at, one).toBeGreaterThanOrEqual(0)
          left.splice(0, at + 1)
        }
      }),
      { numRuns: 500 },
    )
  })
})

/** Undefined for what is no YAML, and where the sections are no blocks. */
function readable(text: string): Record<string, unknown> | undefined {
  try {
    const value = (parse(text) ?? {}) as Record<string, unknown>
    const isBlock = (member: unknown) => typeof member === 'object' && !Array.isArray(member)
    return Object.values(value).every(isBlock) ? value : undefined
  } catch {
    return undefined
  }
}
