import { expect, it } from 'vitest'
import { selectorsOf } from './selectors.js'

it('finds metrics with all labels that they must have', () => {
  expect(
    selectorsOf(
      'sum by (connector) (max by (connector, topic) (a_total{state=~"x|y(", reason!="z"}[5m] offset 15m)) > 24 * 3600 ' +
        'and on (job) time() - b{} unless sum(rate(c:d[$__rate_interval])) or vector(0)',
    ),
  ).toEqual([
    { metric: 'a_total', labels: ['state', 'reason', 'connector', 'topic', 'job'] },
    { metric: 'b', labels: ['job'] },
    { metric: 'c:d', labels: ['job'] },
  ])
})
