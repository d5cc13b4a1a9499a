import { describe, expect, it } from 'vitest'
import type { TimedCommit } from '../commit-log.js'
import { Problems } from '../problems.js'
import { digestOfEvent, Produced } from '../produced.js'
import { checkRepeats } from './repeat-checker.js'
import { StreamChecker, type Arrival } from './stream-checker.js'
import { checkStreamCommits } from './stream-commit-checker.js'
import { checkThrottling } from './throttling-checker.js'

interface Sample {
  id: string
  user_id?: string
}
/** Of partition 0, from offset 0: three of one user with somebody else's between them, poison, and nobody's. */
const EVENTS: Sample[] = [
  { id: 'a1', user_id: 'a' },
  { id: 'b1', user_id: 'b' },
  { id: 'a2', user_id: 'a' },
  { id: 'a3', user_id: 'a' },
]
const POISON_OFFSET = 4
const NOBODYS: Sample = { id: 'n' }

function produced(): Produced {
  const truth = new Produced(1)
  const event = (fields: Sample, offset: number) => {
    const fate = { kind: 'event', id: fields.id, eventType: 'Sample', digest: digestOfEvent(fields) } as const
    truth.add({ partition: 0, timestampMs: 0, offset, ...fate })
  }
  for (const [offset, fields] of EVENTS.entries()) event(fields, offset)
  truth.add({ partition: 0, timestampMs: 0, offset: POISON_OFFSET, kind: 'poison', reason: 'NOT_JSON', digest: '' })
  event(NOBODYS, POISON_OFFSET + 1)
  return truth
}

describe('the checker of a stream', () => {
  const record = (fields: Sample, partitionKey = fields.user_id ?? fields.id) => {
    return {
      atMs: 1,
      shard: 0,
      partitionKey,
      isTold: true,
      data: Buffer.from(JSON.stringify(fields)).toString('base64'),
    }
  }
  const [a1, b1, a2, a3] = EVENTS.map((fields) => record(fields)) as [R, R, R, R]
  type R = ReturnType<typeof record>
  const nobodys = record(NOBODYS)
  const check = (...records: R[]) => {
    const problems = new Problems()
    const read = (bytes: Buffer) => JSON.parse(bytes.toString()) as Record<string, unknown>
    const checker = new StreamChecker(produced(), read, problems)
    for (const each of records) checker.add(each)
    checker.finish()
    return { repeats: checker.repeats, problems: problems.shown }
  }

  it('is content with every event once or more often, keys in any order', () => {
    expect(check(a1, b1, a2, a3, nobodys)).toEqual({ repeats: 0, problems: [] })
    expect(check(nobodys, a1, a2, a3, b1)).toEqual({ repeats: 0, problems: [] })
    expect(check(a1, a2, a1, b1, a2, a3, nobodys, a3)).toEqual({ repeats: 3, problems: [] })
  })

  it.each([
    ['a missing event', [a1, b1, a3, nobodys], /^missing: a2, partition 0, offset 2/],
    [
      'two of a key in the wrong order',
      [a1, a3, a2, b1, nobodys],
      /^order: offset 2 of a in partition 0 comes after 3/,
    ],
    ['one that overtakes in a repeat', [a2, a1, a2, a3, b1, nobodys], /^order: offset 0 of a/],
    ['another partition key', [a1, record(EVENTS[1]!, 'a'), a2, a3, nobodys], /^misplaced: b1/],
    ['another value', [a1, record({ id: 'b1', user_id: 'c' }), a2, a3, nobodys], /^wrong value: b1/],
    ['a record that is no event', [a1, b1, a2, a3, nobodys, { ...a1, data: 'AAAA' }], /^wrong value: a record cannot/],
    ['an event that nobody produced', [a1, b1, a2, a3, nobodys, record({ id: 'x' })], /^unknown event: x/],
  ])('finds %s', (_, records, expected) => {
    expect(check(...records).problems[0]).toMatch(expected)
  })
})

const arrival = (offset: number, atMs: number, parts: Partial<Arrival> = {}): Arrival => {
  return { partition: 0, offset, atMs, isTold: true, isRepeat: false, ...parts }
}
const commit = (offset: number, atMs: number, metadata = ''): TimedCommit => ({ partition: 0, offset, atMs, metadata })

describe('the checker of the commits of a stream', () => {
  const IN_TIME = [0, 1, 2, 3, 5].map((offset) => arrival(offset, 10 + offset))
  const check = (commits: TimedCommit[], arrivals = IN_TIME) => {
    const problems = new Problems()
    checkStreamCommits(commits, produced(), arrivals, problems)
    return problems.shown
  }

  it('takes commits of what was acknowledged before, and passes over poison', () => {
    expect(check([commit(0, 1), commit(2, 11), commit(2, 12), commit(6, 15)])).toEqual([])
  })

  it.each([
    ['passing what comes later', [commit(2, 10), commit(6, 20)], IN_TIME, /passes 1, which the stream/],
    [
      'passing what nobody was told of',
      [commit(6, 20)],
      [arrival(0, 1, { isTold: false }), ...IN_TIME.slice(1)],
      /passes 0, which the stream/,
    ],
    ['going back', [commit(4, 20), commit(3, 21), commit(6, 22)], IN_TIME, /goes back/],
    ['announcing a range', [commit(0, 1, '{"range":{"end":2}}'), commit(6, 22)], IN_TIME, /announces a range/],
    ['stopping before the end', [commit(4, 20)], IN_TIME, /ends with 4 instead of 6/],
  ])('finds %s', (_, commits, arrivals, expected) => {
    expect(check(commits, arrivals)[0]).toMatch(expected)
  })
})

describe('the checker of repeats', () => {
  const check = (arrivals: Arrival[], commits: TimedCommit[], lostAnswers = 0, handOvers = 0) => {
    const problems = new Problems()
    return { ...checkRepeats(arrivals, commits, { lostAnswers, handOvers }, problems), problems: problems.shown }
  }
  const again = (offset: number, atMs: number) => arrival(offset, atMs, { isRepeat: true })

  it('counts what was in flight at most', () => {
    const found = check([arrival(0, 1), arrival(1, 2), arrival(2, 4)], [commit(2, 3), commit(3, 5)])
    expect(found).toEqual({ repeats: 0, bound: 0, mostOfPartition: 2, mostOfAll: 2, latestMs: 0, problems: [] })
  })

  it('takes as many as may have been in flight, and no more', () => {
    const repeated = [arrival(0, 1), arrival(1, 2), again(0, 3), again(1, 4)]
    expect(check(repeated, [], 0, 1)).toMatchObject({ repeats: 2, bound: 2, problems: [] })
    expect(check(repeated, [], 2)).toMatchObject({ bound: 2, problems: [] })
    expect(check(repeated, [], 1).problems[0]).toMatch(/^repeats: 2 events were written again, 1 may have been/)
    expect(check([arrival(0, 1, { isTold: false }), again(0, 2)], [])).toMatchObject({ bound: 1, problems: [] })
  })

  it('finds an event that is written again long after its commit', () => {
    expect(check([arrival(0, 1), again(0, 15_003)], [commit(1, 3)], 1)).toMatchObject({
      latestMs: 15_000,
      problems: [],
    })
    const late = check([arrival(0, 1), again(0, 15_004)], [commit(1, 3)], 1)
    expect(late.problems[0]).toMatch(/^repeats: an event was written again 15001 ms after/)
  })

  it('finds a partition with more underway than there may be', () => {
    const arrivals = Array.from({ length: 20_501 }, (_, offset) => arrival(offset, offset))
    expect(check(arrivals, []).problems[0]).toMatch(/^repeats: 20501 events of a partition/)
  })
})

describe('the checker of throttled shards', () => {
  const THROTTLED = { throttled: 0, fromMs: 10_000, untilMs: 18_000 }
  const check = (times: number[], quiet = { fromMs: 0, untilMs: 20_000 }) => {
    const problems = new Problems()
    const records = times.map((atMs) => ({ atMs, shard: 1 }))
    return { ...checkThrottling(records, [THROTTLED], [quiet], problems), problems: problems.shown }
  }

  it('takes others that go on', () => {
    expect(check([11_000, 14_000, 17_500])).toEqual({ looked: 1, longestSilenceMs: 3_500, problems: [] })
  })

  it('finds another shard that stands still', () => {
    expect(check([9_000, 10_200, 18_500]).problems[0]).toMatch(
      /^held up: shard 1 got nothing for 7800 ms while shard 0/,
    )
  })

  it('leaves out what a kill has disturbed', () => {
    expect(check([9_000], { fromMs: 0, untilMs: 12_000 })).toEqual({ looked: 0, longestSilenceMs: 0, problems: [] })
  })
})
