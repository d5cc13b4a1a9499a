import { describe, expect, it } from 'vitest'
import { painted, paperOf, paragraph } from '../../../src/cli/status/line.js'
import { recordingDisplay } from './recording-display.js'

describe('a line', () => {
  it('has colour only where there are colours', () => {
    const line = { text: 'blocked', tone: 'bad' } as const
    expect(painted(line, { columns: Infinity, hasColors: false })).toBe('blocked')
    expect(painted(line, { columns: Infinity, hasColors: true })).toBe('\u001b[31mblocked\u001b[39m')
  })

  it('is cut at the edge, and says so', () => {
    expect(painted({ text: 'a'.repeat(10) }, { columns: 10, hasColors: false })).toBe('a'.repeat(10))
    expect(painted({ text: 'a'.repeat(11) }, { columns: 10, hasColors: false })).toBe(`${'a'.repeat(9)}…`)
  })

  it('steers no terminal', () => {
    expect(painted({ text: '\u001b[2J\u202e' }, { columns: 80, hasColors: true })).toBe('\\u001b[2J\\u202e')
  })
})

describe('paper', () => {
  it('is as wide as the window, with its colours', () => {
    expect(paperOf(recordingDisplay({ columns: 132, hasColors: true }))).toEqual({ columns: 132, hasColors: true })
  })

  it('of a terminal that does not know its width is as wide as most', () => {
    expect(paperOf(recordingDisplay({ columns: 0 })).columns).toBe(80)
  })

  it('of a pipe has no edge and no colours', () => {
    expect(paperOf(undefined)).toEqual({ columns: Infinity, hasColors: false })
  })
})

describe('a paragraph', () => {
  const texts = (text: string, columns: number) => paragraph({ text }, { columns }, '  ').map((line) => line.text)

  it('takes as many lines as its words need', () => {
    expect(texts('aaa bbb ccc dddd', 9)).toEqual(['  aaa bbb', '  ccc', '  dddd'])
    expect(texts('aaa bbb ccc', Infinity)).toEqual(['  aaa bbb ccc'])
  })

  it('leaves a long word whole', () => {
    expect(texts(`a ${'b'.repeat(12)} c`, 9)).toEqual(['  a', `  ${'b'.repeat(12)}`, '  c'])
  })

  it('counts what is shown for a character that could steer a terminal', () => {
    expect(texts('\u0007 b', 9)).toEqual(['  \\u0007', '  b'])
  })
})
