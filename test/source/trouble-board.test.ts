import { expect, test } from 'vitest'
import { TroubleBoard } from '../../src/source/trouble-board.js'

const unreachable = { code: 'KAFKA_UNREACHABLE', message: 'no answer', needsPerson: false }
const refused = { code: 'KAFKA_AUTHENTICATION', message: 'password refused', needsPerson: true }

function board() {
  const told: string[] = []
  const listener = { trouble: (code: string) => void told.push(code), healthy: () => void told.push('healthy') }
  return { told, troubles: new TroubleBoard(listener) }
}

test('a single hiccup is nobody’s business', () => {
  const { told, troubles } = board()
  troubles.failed('group', unreachable)
  troubles.worked('group')
  troubles.failed('group', unreachable)
  expect(told).toEqual([])
})

test('trouble that lasts is told once, and its end once', () => {
  const { told, troubles } = board()
  for (let attempt = 0; attempt < 10; attempt++) troubles.failed('group', unreachable)
  troubles.worked('group')
  troubles.worked('group')
  expect(told).toEqual(['KAFKA_UNREACHABLE', 'healthy'])
})

test('what needs a person is told at once and hides the rest until it is mended', () => {
  const { told, troubles } = board()
  troubles.failed('broker 1', unreachable)
  troubles.failed('broker 1', unreachable)
  troubles.failed('group', refused)
  troubles.worked('group')
  troubles.worked('broker 1')
  expect(told).toEqual(['KAFKA_UNREACHABLE', 'KAFKA_AUTHENTICATION', 'KAFKA_UNREACHABLE', 'healthy'])
})

test('joining is told once, unless something is wrong', () => {
  const quiet = board()
  quiet.troubles.joined()
  quiet.troubles.joined()
  expect(quiet.told).toEqual(['healthy'])

  const troubled = board()
  troubled.troubles.failed('topic', refused)
  troubled.troubles.joined()
  expect(troubled.told).toEqual(['KAFKA_AUTHENTICATION'])
})
