import { describe, expect, test } from 'vitest'
import { roundRobinAssigner, stickyAssigner, type Assignment, type MemberClaim } from '../../src/source/assigners.js'
import fc from '../support/properties.js'

const topics = ['a', 'b', 'c']
const sizes = fc.record({ a: fc.nat({ max: 12 }), b: fc.nat({ max: 5 }), c: fc.nat({ max: 3 }) })
const range = (count: number) => Array.from({ length: count }, (_, i) => i)

function claim(
  memberId: string,
  owned: string[] = [],
  generation = owned.length ? 1 : -1,
  subscribed = topics,
): MemberClaim {
  return { memberId, owned, generation, topics: subscribed }
}

const keysOf = (share: Record<string, number[]> | undefined) =>
  Object.entries(share ?? {}).flatMap(([topic, partitions]) => partitions.map((p) => `${topic}/${p}`))

const sizesOf = (assignment: Assignment) => [...assignment.values()].map((share) => keysOf(share).length)

describe.each([stickyAssigner, roundRobinAssigner])('$name', (assigner) => {
  const members = fc.uniqueArray(
    fc.record({
      memberId: fc.string({ minLength: 1, maxLength: 4 }),
      owned: fc.uniqueArray(fc.tuple(fc.constantFrom(...topics), fc.nat({ max: 15 })).map(([t, p]) => `${t}/${p}`)),
      generation: fc.integer({ min: -1, max: 3 }),
      topics: fc.subarray(topics),
    }),
    { minLength: 1, maxLength: 6, selector: ({ memberId }) => memberId },
  )

  test('gives every wanted partition to exactly one member that wants it', () => {
    fc.assert(
      fc.property(members, sizes, (claims, counts) => {
        const assignment = assigner.assign(claims, (topic) => range(counts[topic as 'a']))
        const wanted = topics.filter((topic) => claims.some((member) => member.topics.includes(topic)))
        const expected = wanted.flatMap((topic) => range(counts[topic as 'a']).map((p) => `${topic}/${p}`))
        expect([...assignment.values()].flatMap(keysOf).sort()).toEqual(expected.sort())
        for (const { memberId, topics } of claims) {
          expect(topics).toEqual(expect.arrayContaining(Object.keys(assignment.get(memberId)!)))
        }
      }),
    )
  })

  test('members that want the same differ by one partition at most, over all topics together', () => {
    fc.assert(
      fc.property(members, sizes, (claims, counts) => {
        const alike = claims.map((member) => ({ ...member, topics }))
        const shares = sizesOf(assigner.assign(alike, (topic) => range(counts[topic as 'a'])))
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('sticky', () => {
  const partitionsOf = (topic: string) => range({ a: 7, b: 4, c: 1 }[topic]!)

  test('a second division moves nothing', () => {
    const first = stickyAssigner.assign(
      ['x', 'y', 'z'].map((id) => claim(id)),
      partitionsOf,
    )
    const again = [...first].map(([id, share]) => claim(id, keysOf(share)))
    expect(stickyAssigner.assign(again, partitionsOf)).toEqual(first)
  })

  test('a new member gets its share, and nothing moves between the others', () => {
    const first = stickyAssigner.assign(
      ['x', 'y'].map((id) => claim(id)),
      partitionsOf,
    )
    const grown = [...[...first].map(([id, share]) => claim(id, keysOf(share))), claim('new')]
    const second = stickyAssigner.assign(grown, partitionsOf)
    expect(keysOf(second.get('new'))).toHaveLength(4)
    for (const id of ['x', 'y']) expect(keysOf(first.get(id))).toEqual(expect.arrayContaining(keysOf(second.get(id))))
  })

  test('when a member goes, the others keep all they had', () => {
    const first = stickyAssigner.assign(
      ['x', 'y', 'z'].map((id) => claim(id)),
      partitionsOf,
    )
    const rest = [...first].slice(0, 2).map(([id, share]) => claim(id, keysOf(share)))
    const second = stickyAssigner.assign(rest, partitionsOf)
    for (const id of ['x', 'y']) expect(keysOf(second.get(id))).toEqual(expect.arrayContaining(keysOf(first.get(id))))
  })

  test('of two members that claim a partition the one of the newer generation keeps it', () => {
    const zombie = claim('a-zombie', ['a/0', 'a/1'], 3)
    const owner = claim('owner', ['a/0', 'a/1'], 7)
    const second = stickyAssigner.assign([zombie, owner], (topic) => range(topic === 'a' ? 2 : 0))
    expect(keysOf(second.get('owner'))).toEqual(['a/0'])
    expect(keysOf(second.get('a-zombie'))).toEqual(['a/1'])
  })
})
