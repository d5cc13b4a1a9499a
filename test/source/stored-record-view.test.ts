import { expect, it } from 'vitest'
import { storedRecordView } from '../../src/source/stored-record-view.js'

const place = { offset: 7, timestampMs: 1_790_000_000_000 }
const header = (name: string, value: string | null) => ({ name, value: value === null ? null : Buffer.from(value) })

it('shows a copied record as one that was fetched', () => {
  const record = { key: null, value: Buffer.from('abc'), headers: [header('h', 'first'), header('h', 'last')] }
  const view = storedRecordView(record, place)
  expect(view).toMatchObject({ offset: 7, timestampMs: 1_790_000_000_000 })
  expect(view.bytes.toString('utf8', view.valueStart, view.valueEnd)).toBe('abc')
  expect(String(view.header('h'))).toBe('last')
  expect(view.header('other')).toBeUndefined()
  expect(view.copy()).toEqual(record)
})

it('has neither a value nor headers that are null', () => {
  const view = storedRecordView({ key: null, value: null, headers: [header('h', 'x'), header('h', null)] }, place)
  expect([view.valueStart, view.valueEnd]).toEqual([-1, -1])
  expect(view.header('h')).toBeUndefined()
})
