import { expect, it } from 'vitest'
import { Journal } from '../../src/health/journal.js'
import type { TimelineEntry } from '../../src/health/report.js'

const entry = (atMs: number, message = ''): TimelineEntry => ({
  ...{ atMs, kind: 'state', what: 'running', message, instance: 'host-a/1' },
})

it('keeps the newest hundred changes', () => {
  const journal = new Journal()
  for (let n = 0; n < 130; n++) journal.add(entry(n))
  expect(journal.entries.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 100 }, (_, n) => 30 + n))
})

it('counts errors by code, with the newest message', () => {
  const journal = new Journal()
  journal.failed('SlowDown', 'first', 10)
  journal.failed('NoSuchBucket', 'gone', 20)
  journal.failed('SlowDown', 'second', 30)
  expect(journal.errors).toEqual([
    { code: 'NoSuchBucket', message: 'gone', firstAtMs: 20, lastAtMs: 20, count: 1 },
    { code: 'SlowDown', message: 'second', firstAtMs: 10, lastAtMs: 30, count: 2 },
  ])
})

it('forgets the code that was seen the longest ago when there are more than fifty', () => {
  const journal = new Journal()
  for (let n = 0; n < 50; n++) journal.failed(`code-${n}`, '', n)
  journal.failed('code-0', '', 50)
  journal.failed('code-50', '', 51)
  const codes = journal.errors.map(({ code }) => code)
  expect([codes.length, codes.includes('code-0'), codes.includes('code-1')]).toEqual([50, true, false])
})

it('cuts long messages, and grows in version with every change', () => {
  const journal = new Journal()
  journal.add(entry(0, 'x'.repeat(2_000)))
  journal.failed('Long', 'y'.repeat(2_000), 1)
  expect([journal.entries[0]!.message.length, journal.errors[0]!.message.length, journal.version]).toEqual([
    500, 500, 2,
  ])
})
