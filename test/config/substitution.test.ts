import { describe, expect, it } from 'vitest'
import { substitute } from '../../src/config/substitution.js'

const ENV = { NAME: 'acme', EMPTY: '', TRICKY: '${NAME}', DOLLAR: '$&' }

describe('substitute', () => {
  it.each([
    ['plain', 'plain', false],
    ['$NAME and $5 and {NAME}', '$NAME and $5 and {NAME}', false],
    ['${NAME}', 'acme', true],
    ['a-${NAME}-${NAME}', 'a-acme-acme', true],
    ['${NOPE:-default}', 'default', true],
    ['${NAME:-default}', 'acme', true],
    ['${NOPE:-}', '', true],
    ['${EMPTY}', '', true],
    ['${EMPTY:-default}', 'default', true],
    ['${NOPE:-a:-b}', 'a:-b', true],
    ['$${NAME}', '${NAME}', false],
    ['$${NAME} is ${NAME}', '${NAME} is acme', true],
    ['${TRICKY}', '${NAME}', true],
    ['${DOLLAR}', '$&', true],
  ])('%s becomes %s', (text, result, changed) => {
    expect(substitute(text, ENV)).toEqual({ text: result, changed })
  })

  it.each(['NOPE', 'constructor', '__proto__'])('${%s} is not set', (name) => {
    expect(substitute(`a \${${name}}`, ENV)).toEqual({ unset: name })
  })

  it.each(['${}', '${NAME', '${A B}', '${1A}', '${NAME-default}'])('%s is malformed', (text) => {
    expect(substitute(text, ENV)).toEqual({ malformed: text })
  })
})
