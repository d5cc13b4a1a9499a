import { expect, it } from 'vitest'
import { printable, tableOf } from '../../src/cli/table.js'

it('makes columns as wide as their widest cell', () => {
  expect(
    tableOf(
      ['id', 'count'],
      [
        ['a long id', '1'],
        ['b', '22'],
      ],
    ),
  ).toEqual(['id         count', 'a long id  1', 'b          22'])
})

it('lets nothing steer a terminal', () => {
  expect(printable('a\u001b[31mred\u0007 \u009b2J \u202eabc é 夏')).toBe(
    'a\\u001b[31mred\\u0007 \\u009b2J \\u202eabc é 夏',
  )
})
