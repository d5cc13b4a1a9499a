import { expect, it } from 'vitest'
import { ledgerId, type LedgerEntry } from '../../../src/delivery/ledger-entry.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { withAdmin } from '../../support/kafka-topics.js'
import { Moto } from '../../support/moto.js'
import { newCustomer, rulePlace, type RulePlace } from '../../support/rule-place.js'
import { SentEvents } from '../../support/sent-events.js'

/** Time enough to kill, to miss a dead member (6 s), and to start two processes on a busy machine. */
const PERIOD_MS = 60_000
const PARTITIONS = 2

describeWithServers('the 48-hour rule, from the revoked key to the last event', ['kafka', 'moto'], (servers) => {
  const { brokers } = servers.kafka
  const moto = Moto.at(servers.moto)

  it.each([
    { what: 'a second instance takes over all', isLeft: true },
    { what: 'a second instance joins and both stay', isLeft: false },
  ])('a key is revoked, the process is killed and restarted, $what; all is delivered after all', async ({ isLeft }) => {
    const { user, destination, delivered } = await newCustomer(moto)
    const events = await SentEvents.create(brokers, PARTITIONS)
    const rule = { files: { maxAge: '500ms' }, credentialFailure: { period: `${PERIOD_MS}ms` } }
    const connectors = { acme: { topics: [events.topic], destination: destination(), ...rule } }
    const place = await rulePlace(brokers, { connectors })
    await place.writeKey(user)

    const first = place.start('run')
    await events.send(40)
    await eventually(async () => expect(await delivered()).toEqual(events.ids) ?? true)

    await moto.deleteKey(user)
    await events.send(60)
    await first.says('"state":"credentials-failing"')
    const sinceMs = await eventually(() => commonT0(place))
    const witness = watchT0(place)
    first.signal('SIGKILL')
    await first.exited

    const second = place.start('run')
    await eventually(() => memberCount(place, 1))
    const third = place.start('run')
    await eventually(() => memberCount(place, 2))
    if (isLeft) {
      second.signal('SIGTERM')
      expect(await second.exited).toBe(0)
    }
    await events.send(20)
    expect(Date.now()).toBeLessThan(sinceMs + PERIOD_MS)
    expect(await place.dropRecords()).toBe(0)

    const undelivered = events.ids.length - (await delivered()).length
    const dropped = await eventually(
      async () => {
        const drops = await place.drops()
        return sumOf(drops, 'events') >= undelivered && drops
      },
      { timeoutMs: 3 * PERIOD_MS, intervalMs: 500, because: 'not everything is in the drop ledger' },
    )
    expect(await witness.stop()).toEqual([sinceMs])
    expectExactly(dropped, events, sinceMs)

    await place.writeKey(await moto.createKey(user.name))
    await events.send(30)
    const running = isLeft ? [third] : [second, third]
    for (const each of running) await each.says(/"state":"running".*"connector is running"[^]*"state":"running"/)
    await eventually(async () => (await delivered()).includes(events.sent.at(-1)!.id))
    await eventually(async () => (await place.committed('acme')).every(({ marks }) => marks.failing === undefined))

    const drops = await place.drops()
    const droppedIds = drops.flatMap((drop) => eventsOf(drop, events).map(({ id }) => id))
    expect([...(await delivered()), ...droppedIds].sort()).toEqual(events.ids)
    for (const { id } of drops) {
      const { code, stderr } = await place.run('replay', '--drop', id)
      expect(code, stderr).toBe(0)
    }
    expect(await delivered()).toEqual(events.ids)
    expect((await place.drops()).every(({ replayed }) => replayed)).toBe(true)
    for (const each of running) each.signal('SIGTERM')
    for (const each of running) expect(await each.exited).toBe(0)
  })
})

/** T0 as all partitions have it; undefined while one of them has none. */
async function commonT0(place: RulePlace): Promise<number | undefined> {
  const found = (await place.committed('acme')).map(({ marks }) => marks.failing?.sinceMs)
  const isCommon = found.length === PARTITIONS && new Set(found).size === 1
  return isCommon ? found[0] : undefined
}

/** Looks at what is committed until it is told to stop; resolves to every T0 it has seen, -1 for none. */
function watchT0(place: RulePlace) {
  const seen = new Set<number>()
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      for (const { marks } of await place.committed('acme')) seen.add(marks.failing?.sinceMs ?? -1)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await watching
      return [...seen]
    },
  }
}

/** True when the group has so many members, each with a share of its partitions unless there is none left. */
async function memberCount({ configuration }: RulePlace, count: number): Promise<boolean> {
  const { brokers, groupPrefix } = configuration.kafka
  const { groups } = await withAdmin(brokers, (admin) => admin.describeGroups([`${String(groupPrefix)}acme`]))
  return groups[0]?.state === 'Stable' && groups[0].members.length === count
}

const sumOf = (drops: readonly LedgerEntry[], name: 'events') => drops.reduce((sum, drop) => sum + drop[name], 0)

const eventsOf = ({ partition, firstOffset, lastOffset }: LedgerEntry, events: SentEvents) =>
  events.between(partition, firstOffset, lastOffset)

/** Offsets without a hole or an overlap, and sums that are those of the events in them. */
function expectExactly(drops: readonly LedgerEntry[], events: SentEvents, sinceMs: number): void {
  const failingSince = new Date(sinceMs).toISOString()
  for (const drop of drops) {
    const inside = eventsOf(drop, events)
    const { connector, topic, partition, firstOffset, lastOffset } = drop
    const types: Record<string, number> = {}
    for (const { eventType } of inside) types[eventType] = (types[eventType] ?? 0) + 1
    expect(drop).toMatchObject({
      ...{ connector: 'acme', topic: events.topic, failingSince, reason: 'credentials' },
      id: ledgerId({ connector, topic, partition, firstOffset, lastOffset, failingSince }),
      ...{ events: lastOffset - firstOffset + 1, eventTypes: types, filtered: 0, tombstones: 0 },
      bytes: inside.reduce((sum, { bytes }) => sum + bytes, 0),
      errorCode: 'InvalidAccessKeyId',
      replayed: false,
    })
    expect(Date.parse(drop.droppedAt)).toBeGreaterThan(sinceMs + PERIOD_MS)
  }
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const mine = drops.filter((drop) => drop.partition === partition).sort((a, b) => a.firstOffset - b.firstOffset)
    mine.slice(1).forEach((drop, n) => expect(drop.firstOffset).toBe(mine[n]!.lastOffset + 1))
  }
}
