import { describe, expect, it } from 'vitest'
import type { ConnectorReport } from '../../../src/health/report.js'
import { COLUMNS } from '../../../src/health/page/columns.js'
import { isShown, sorted, sortLink, tableViewOf } from '../../../src/health/page/table-view.js'
import { reportWith } from './reports.js'

const namesOf = (reports: readonly ConnectorReport[]) => reports.map(({ name }) => name)
const column = (key: string) => COLUMNS.find((one) => one.key === key)!

describe('the view of a query', () => {
  it('is everything, the worst first, without one', () => {
    const { search, show, sort, isDescending } = tableViewOf({})
    expect({ search, show, sort: sort.key, isDescending }).toEqual({
      ...{ search: '', show: 'all', sort: 'state', isDescending: true },
    })
  })

  it.each([
    [{ sort: 'nonsense', show: 'constructor', order: 'sideways' }, 'state', 'all', false],
    [{ sort: 'lag', show: 'blocked' }, 'lag', 'blocked', true],
    [{ sort: 'name', show: 'attention' }, 'name', 'attention', false],
    [{ sort: 'name', order: 'desc' }, 'name', 'all', true],
  ])('of %o', (query, sort, show, isDescending) => {
    const view = tableViewOf(query)
    expect([view.sort.key, view.show, view.isDescending]).toEqual([sort, show, isDescending])
  })

  it('keeps search and filter in the links that sort, and turns the order of the present column', () => {
    const view = tableViewOf({ q: 'a&b', show: 'paused', sort: 'lag', order: 'desc' })
    expect(sortLink(view, column('lag'))).toBe('/?q=a%26b&show=paused&sort=lag&order=asc#connectors')
    expect(sortLink(view, column('name'))).toBe('/?q=a%26b&show=paused&sort=name&order=asc#connectors')
  })
})

describe('the order', () => {
  it('counts numbers in names', () => {
    const reports = ['c-10', 'c-9', 'C-1'].map((name) => reportWith({ name }))
    expect(namesOf(sorted(reports, tableViewOf({ sort: 'name' })))).toEqual(['C-1', 'c-9', 'c-10'])
  })

  it('puts what is not known last where the largest is first, and equal ones by name', () => {
    const lags = { b: 5, a: 5, unknown: null, most: 9 }
    const reports = Object.entries(lags).map(([name, lagEvents]) => reportWith({ name, lagEvents }))
    expect(namesOf(sorted(reports, tableViewOf({ sort: 'lag' })))).toEqual(['most', 'a', 'b', 'unknown'])
  })

  it('puts the oldest first, and what has nothing that waits last', () => {
    const oldest = { young: 2_000, none: null, old: 1_000 }
    const reports = Object.entries(oldest).map(([name, oldestUndeliveredAtMs]) =>
      reportWith({ name, oldestUndeliveredAtMs }),
    )
    expect(namesOf(sorted(reports, tableViewOf({ sort: 'oldest' })))).toEqual(['old', 'young', 'none'])
  })

  it('puts whatever needs a person above the rest, also when it runs', () => {
    const reports = [
      reportWith({ name: 'stale', needsAttention: true }),
      reportWith({ name: 'stopped', state: 'stopped' }),
      reportWith({ name: 'dropping', state: 'dropping', needsAttention: true }),
      reportWith({ name: 'later', enabled: false }),
      reportWith({ name: 'well' }),
    ]
    expect(namesOf(sorted(reports, tableViewOf({})))).toEqual(['dropping', 'stale', 'stopped', 'well', 'later'])
  })
})

describe('the search', () => {
  const report = reportWith({ name: 'Acme', description: 'Opens of Café', contact: 'ops@acme.example' })

  it.each(['acme', 'CAFÉ', 'opens acme', ' ops@acme ', 'customer-0/currents', 'events.0'])('finds %s', (q) => {
    expect(isShown(report, tableViewOf({ q }))).toBe(true)
  })

  it('needs every word', () => expect(isShown(report, tableViewOf({ q: 'acme clicks' }))).toBe(false))

  it('goes with the filter', () => {
    expect(isShown(report, tableViewOf({ q: 'acme', show: 'running' }))).toBe(true)
    expect(isShown(report, tableViewOf({ q: 'acme', show: 'paused' }))).toBe(false)
    expect(isShown(report, tableViewOf({ show: 'attention' }))).toBe(false)
    expect(isShown({ ...report, enabled: false }, tableViewOf({ show: 'running' }))).toBe(false)
    expect(isShown({ ...report, enabled: false }, tableViewOf({ show: 'not-launched' }))).toBe(true)
  })
})
