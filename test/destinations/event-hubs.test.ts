import { describe, expect, test } from 'vitest'
import type { EventHubsSettings } from '../../src/config/configuration.js'
import type { Failure, RecordPayload, StreamDestination } from '../../src/destinations/destination.js'
import { createEventHubsDestination, type EventHubsLimits } from '../../src/destinations/event-hubs.js'
import { systemClock } from '../../src/runtime/clock.js'
import { Secret } from '../../src/runtime/secret.js'
import { EventHubsPeer, type HubFault, type HubOptions, type HubRequest } from '../support/event-hubs-peer.js'
import { eventually } from '../support/eventually.js'
import { seededRandom } from '../support/seeded-random.js'
import { selfSigned } from '../support/self-signed.js'
import { describeStream, describeStreamFaults, recordOf } from './stream-conformance.js'

const never = new AbortController().signal
const HUB = 'engagement'
const settings: EventHubsSettings = {
  ...{ type: 'event-hubs', account: 'acme', eventHub: HUB, partitionKey: 'user_id', transport: 'amqp' },
}

function destinationOf(secret: () => string, limits?: EventHubsLimits): StreamDestination {
  const account = { type: 'event-hubs' as const, connectionString: new Secret({ kind: 'inline' }, secret) }
  return createEventHubsDestination(settings, account, { clock: systemClock, ...(limits && { limits }) })
}

async function startSubject() {
  const peer = await EventHubsPeer.start()
  const refused = new Set<string>()
  peer.fault = (request) => {
    if (request.step !== 'send' || !refused.has(request.partitionKey ?? '')) return undefined
    return { refuse: { condition: 'amqp:internal-error', description: 'the peer was told to' } }
  }
  return {
    destination: destinationOf(() => peer.connectionString()),
    readBack: () => {
      const partitions = peer.eventsOf(HUB)
      return Promise.resolve(
        partitions.map((events) => events.map(({ body, ...event }) => ({ ...event, bytes: body }))),
      )
    },
    refuse: (key: string) => Promise.resolve(void refused.add(key)),
    accept: (key: string) => Promise.resolve(void refused.delete(key)),
    stop: () => peer.stop(),
  }
}

describeStream('event hubs', startSubject)
describeStreamFaults('event hubs', startSubject)

interface Place {
  peer: EventHubsPeer
  destination: StreamDestination
  write: (...records: RecordPayload[]) => Promise<Failure[]>
  /** Writes them, and expects no failure. */
  taken: (...records: RecordPayload[]) => Promise<void>
}

/** A peer and a destination, which are both closed after `body`. */
async function withHub(body: (place: Place) => Promise<void>, options: HubOptions = {}, limits?: EventHubsLimits) {
  const peer = await EventHubsPeer.start(options)
  const text = peer.connectionString()
  const destination = destinationOf(() => text, limits)
  const write = (...records: RecordPayload[]) => destination.write(records, never)
  const taken = async (...records: RecordPayload[]) => expect((await write(...records)).map(outline)).toEqual([])
  try {
    await body({ peer, destination, write, taken })
  } finally {
    await destination.close()
    await peer.stop()
  }
}

/** Opening takes a while on a busy machine. */
const IMPATIENT: EventHubsLimits = { concurrency: 8, answerMs: 8_000 }
const bodies = (peer: EventHubsPeer) =>
  peer.eventsOf(HUB).flatMap((events) => events.map(({ body }) => body.toString()))
const outline = ({ class: failureClass, code }: Failure) => `${failureClass} ${code}`
const recordsOf = (key: string | null, count: number, size?: number) =>
  Array.from({ length: count }, (_, nth) => recordOf(key, nth, size))

/** Strikes the first time only that the step is asked for. */
function once(step: HubRequest['step'], fault: HubFault): (request: HubRequest) => HubFault | undefined {
  let struck = false
  return (request) => {
    if (struck || request.step !== step) return undefined
    struck = true
    return fault
  }
}

describe('what a consumer finds', () => {
  test('the bytes, their type, the id and the place in Kafka, with offsets of any size', () =>
    withHub(async ({ peer, taken }) => {
      const offsets = [0, 127, 2 ** 31, 5_000_000_000, Number.MAX_SAFE_INTEGER]
      const records = offsets.map((offset) => {
        const record = recordOf('user', 0)
        return { ...record, properties: { ...record.properties, kafka_offset: offset } }
      })
      await taken(...records)
      const found = peer.eventsOf(HUB).flat()
      expect(found).toEqual(
        records.map(({ bytes, properties }) => ({
          ...{ partitionKey: 'user', body: bytes, contentType: 'avro/binary', messageId: properties.event_id },
          ...{ properties, durable: true },
        })),
      )
    }))

  test('a batch for each key, no larger than the link takes', () =>
    withHub(
      async ({ peer, taken }) => {
        await taken(...recordsOf('a', 10, 1000), ...recordsOf('b', 3, 10))
        const ofKey = (key: string) => peer.batches.filter(({ partitionKey }) => partitionKey === key)
        expect(ofKey('a').map(({ events }) => events.length)).toEqual([3, 3, 3, 1])
        expect(ofKey('b').map(({ events }) => events.length)).toEqual([3])
        expect(Math.max(...peer.batches.map(({ bytes }) => bytes))).toBeLessThanOrEqual(4000)
      },
      { maxMessageBytes: 4000 },
    ))

  test('one that fits no batch is rejected; the others of its key go on', () =>
    withHub(
      async ({ peer, write }) => {
        const [first, large, last] = [recordOf('a', 0), recordOf('a', 1, 4000), recordOf('a', 2)]
        const failures = await write(first, large, last)
        expect(failures.map(({ payload }) => payload)).toEqual([large])
        expect(failures.map(outline)).toEqual(['rejected amqp:link:message-size-exceeded'])
        expect(bodies(peer)).toEqual([first.bytes.toString(), last.bytes.toString()])
      },
      { maxMessageBytes: 4000 },
    ))

  test('a hub that takes less than its link says gets halves, down to the one to blame', () =>
    withHub(async ({ peer, write }) => {
      const records = recordsOf('a', 7)
      const bad = records[4] as RecordPayload
      const refuse = { condition: 'amqp:link:message-size-exceeded', description: 'less than you think' }
      peer.fault = (request) => {
        const has = request.step === 'send' && request.events.some(({ body }) => body.equals(bad.bytes))
        return has ? { refuse } : undefined
      }
      const failures = await write(...records)
      expect(failures.map(({ payload }) => payload)).toEqual([bad])
      expect(failures.map(outline)).toEqual(['rejected amqp:link:message-size-exceeded'])
      expect(bodies(peer)).toEqual(records.filter((record) => record !== bad).map(({ bytes }) => bytes.toString()))
    }))
})

describe('what is refused', () => {
  const refusals: [HubRequest['step'], string, string, boolean][] = [
    ['send', 'amqp:internal-error', 'transient', false],
    ['send', 'com.microsoft:timeout', 'transient', false],
    ['send', 'com.microsoft:operation-cancelled', 'transient', false],
    ['send', 'amqp:resource-limit-exceeded', 'transient', true],
    ['send', 'com.microsoft:server-busy', 'throttled', true],
    ['send', 'amqp:unauthorized-access', 'credentials', true],
    ['send', 'com.microsoft:entity-disabled', 'configuration', true],
    ['send', 'com.microsoft:argument-error', 'configuration', true],
    ['send', 'amqp:not-allowed', 'configuration', true],
    ['send', 'com.microsoft:never-heard-of', 'transient UNKNOWN', false],
    ['attach', 'amqp:unauthorized-access', 'credentials', true],
    ['attach', 'amqp:not-found', 'configuration', true],
    ['attach', 'com.microsoft:entity-disabled', 'configuration', true],
    ['attach', 'com.microsoft:server-busy', 'throttled', true],
    ['attach', 'amqp:resource-limit-exceeded', 'transient', true],
    ['token', 'amqp:unauthorized-access', 'credentials', true],
    ['connect', 'amqp:connection:forced', 'transient', true],
  ]

  test.each(refusals)('%s: %s is %s, and what is written again is there', (step, condition, expected, hitsAll) =>
    withHub(async ({ peer, write, taken }) => {
      peer.fault = once(step, { refuse: { condition, description: 'as it was told' } })
      const record = recordOf('a', 0)
      const [failure] = await write(record)
      expect(failure && outline(failure)).toBe(expected.includes(' ') ? expected : `${expected} ${condition}`)
      expect(failure?.hitsAll ?? false).toBe(hitsAll)
      expect(failure?.retryAfterMs).toBe(condition === 'com.microsoft:server-busy' ? 10_000 : undefined)
      expect(failure?.message).toContain(record.key)
      await taken(record)
      expect(bodies(peer)).toEqual([record.bytes.toString()])
    }),
  )

  test.each([401, 403])('a token that is refused with %i: credentials', (status) =>
    withHub(async ({ peer, write, taken }) => {
      peer.fault = once('token', { refuse: { condition: 'Forbidden', status } })
      expect((await write(recordOf('a', 0))).map(outline)).toEqual(['credentials amqp:unauthorized-access'])
      await taken(recordOf('a', 0))
    }),
  )

  test('fault 24: a busy hub keeps its link', () =>
    withHub(async ({ peer, write, taken }) => {
      peer.fault = once('send', { refuse: { condition: 'com.microsoft:server-busy' } })
      await write(recordOf('a', 0))
      await taken(recordOf('a', 1))
      expect(peer.requests.filter(({ step }) => step === 'attach')).toHaveLength(1)
    }))

  test('a batch that is given back is sent again', () =>
    withHub(async ({ peer, write }) => {
      peer.fault = once('send', { release: true })
      expect((await write(recordOf('a', 0))).map(outline)).toEqual(['transient SendOperationFailedError'])
    }))

  test('an event hub that does not exist', () =>
    withHub(
      async ({ write }) => {
        expect((await write(recordOf('a', 0))).map(outline)).toEqual(['configuration amqp:not-found'])
      },
      { hubs: { another: { partitions: 1 } } },
    ))

  test('nobody listens', () =>
    withHub(async ({ peer, write }) => {
      await peer.stop()
      expect((await write(recordOf('a', 0))).map(outline)).toEqual(['transient ECONNREFUSED'])
    }))

  test('a name that nobody knows', async () => {
    const text = 'Endpoint=sb://no-such-namespace.invalid/;SharedAccessKeyName=a;SharedAccessKey=b'
    const destination = destinationOf(() => text)
    const [failure] = await destination.write([recordOf('a', 0)], never)
    expect(failure?.class).toBe('transient')
    expect(failure?.code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/)
    await destination.close()
  })

  test('fault 45: a certificate that nobody vouches for: nothing is shown to it', () =>
    withHub(
      async ({ peer, write }) => {
        const failures = await write(recordOf('a', 0))
        expect(failures.map(outline)).toEqual(['configuration DEPTH_ZERO_SELF_SIGNED_CERT'])
        expect(peer.requests).toEqual([])
      },
      { tls: selfSigned },
    ))
})

describe('fault 25: links that are lost', () => {
  const forced = { condition: 'amqp:link:detach-forced', description: 'The link is force detached.' }
  const closed = { condition: 'amqp:connection:forced', description: 'The connection was inactive.' }
  const losses: [string, HubFault, string, number][] = [
    ['detached before the batch was stored', { detach: forced }, 'amqp:link:detach-forced', 1],
    ['detached after the batch was stored', { detach: forced, stored: true }, 'amqp:link:detach-forced', 2],
    ['detached without a reason', { detach: undefined }, 'LINK_LOST', 1],
    ['connection closed', { close: closed }, 'amqp:connection:forced', 1],
    ['connection closed after the batch was stored', { close: closed, stored: true }, 'amqp:connection:forced', 2],
    ['cut', { cut: true }, 'ECONNRESET LINK_LOST', 1],
    ['cut after the batch was stored', { cut: true, stored: true }, 'ECONNRESET LINK_LOST', 2],
  ]

  test.each(losses)('%s: told at once, sent again over a new link', (_name, fault, codes, times) =>
    withHub(async ({ peer, write, taken }) => {
      const record = recordOf('a', 0)
      await write(recordOf('a', 1))
      peer.fault = once('send', fault)
      const startedMs = Date.now()
      const [failure] = await write(record)
      expect(Date.now() - startedMs).toBeLessThan(25_000)
      expect([failure?.class, failure?.hitsAll]).toEqual(['transient', true])
      expect(codes.split(' ')).toContain(failure?.code)
      await taken(record)
      expect(bodies(peer).filter((body) => body === record.bytes.toString())).toHaveLength(times)
      await eventually(() => peer.connections === 1)
    }),
  )

  test('a link that ends while nothing is underway is no failure', () =>
    withHub(async ({ peer, write }) => {
      await write(recordOf('a', 0))
      peer.cutAll()
      await eventually(() => peer.connections === 0)
      const record = recordOf('a', 1)
      await eventually(async () => (await write(record)).length === 0)
      expect(bodies(peer)).toContain(record.bytes.toString())
    }))

  test('fault 15: a hub that is silent: its outcome is unknown, and the batch is sent again', () =>
    withHub(
      async ({ peer, write, taken }) => {
        peer.fault = once('send', { silent: true, stored: true })
        const record = recordOf('a', 0)
        expect((await write(record)).map(outline)).toEqual(['transient OperationTimeoutError'])
        await taken(record)
        expect(bodies(peer)).toHaveLength(2)
        await eventually(() => peer.connections === 1)
      },
      {},
      IMPATIENT,
    ))

  test('a namespace that does not answer to a token', () =>
    withHub(
      async ({ peer, write, taken }) => {
        peer.fault = once('token', { silent: true })
        const [failure] = await write(recordOf('a', 0))
        expect(failure && outline(failure)).toMatch(/^transient (NO_ANSWER|OperationTimeoutError)$/)
        await taken(recordOf('a', 0))
      },
      {},
      IMPATIENT,
    ))

  test('a hub that gives no more credit is not hurried', () =>
    withHub(
      async ({ peer, write }) => {
        peer.fault = once('send', { silent: true })
        const silent = write(recordOf('a', 0))
        await eventually(() => peer.requests.some(({ step }) => step === 'send'))
        const failures = await write(recordOf('b', 0))
        expect(failures.map(outline)).toContain('throttled client.sender:not-enough-link-credit')
        await silent
      },
      { credit: 1 },
      IMPATIENT,
    ))

  test('with little credit all are sent, one after the other', () =>
    withHub(
      async ({ taken }) => {
        const records = Array.from({ length: 50 }, (_, index) => recordOf(`user-${index}`, 0))
        await taken(...records)
      },
      { credit: 1 },
    ))

  test('while the hub is away nothing piles up', () =>
    withHub(
      async ({ peer, write, taken }) => {
        await write(recordOf('a', 0))
        const { port } = peer
        await peer.stop()
        const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
        const before = timers()
        for (let attempt = 0; attempt < 25; attempt++) expect(await write(recordOf('a', 0))).toHaveLength(1)
        await eventually(() => timers() <= before + 2, { because: 'timers pile up' })
        const back = await EventHubsPeer.start({ port })
        await taken(recordOf('a', 0))
        expect(back.connections).toBe(1)
        await back.stop()
      },
      {},
      IMPATIENT,
    ))

  test('links that come and go leave one connection and no timer', () =>
    withHub(async ({ peer, write }) => {
      await write(recordOf('a', 0))
      const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
      const before = timers()
      for (let round = 0; round < 8; round++) {
        peer.fault = once('send', { detach: forced })
        await write(recordOf('a', 0))
        await write(recordOf('a', 0))
      }
      await eventually(() => peer.connections === 1)
      await eventually(() => timers() <= before + 2, { because: 'timers pile up' })
    }))
})

describe('credentials', () => {
  test('a key that was changed is taken without a restart', async () => {
    const peer = await EventHubsPeer.start()
    let text = peer.connectionString({ secret: 'wrong' })
    const destination = destinationOf(() => text)
    const write = () => destination.write([recordOf('a', 0)], never)
    expect((await write()).map(outline)).toEqual(['credentials amqp:unauthorized-access'])
    expect((await write()).map(outline)).toEqual(['credentials amqp:unauthorized-access'])
    text = peer.connectionString()
    expect((await write()).map(outline)).toEqual([])
    await destination.close()
    await peer.stop()
  })

  test('a changed secret is shown even while the old one works', async () => {
    const peer = await EventHubsPeer.start({ keys: { old: 'a', new: 'b' } })
    let key = 'old'
    const destination = destinationOf(() => peer.connectionString({ key }))
    for (key of ['old', 'new']) expect(await destination.write([recordOf('a', 0)], never)).toEqual([])
    expect(peer.requests.filter(({ step }) => step === 'token')).toHaveLength(2)
    await eventually(() => peer.connections === 1)
    await destination.close()
    await peer.stop()
  })

  test('a policy that may not send', () =>
    withHub(
      async ({ write }) => {
        const [failure] = await write(recordOf('a', 0))
        expect(failure && outline(failure)).toBe('credentials amqp:unauthorized-access')
        expect(failure?.message).toContain("'Send' claim")
      },
      { hubs: { [HUB]: { partitions: 1, senders: ['another'] } } },
    ))

  test('a connection string that can be none is told without showing it', async () => {
    const key = 'planted-secret-key'
    const text = `Endpoint=sb://127.0.0.1;SharedAccessKeyName=a;SharedAccessKey=${key};EntityPath=other`
    const destination = destinationOf(() => text)
    const [failure] = await destination.write([recordOf('a', 0)], never)
    expect(failure && outline(failure)).toBe('configuration SECRET_MALFORMED')
    expect(JSON.stringify({ ...failure, payload: undefined })).not.toContain(key)
    await destination.close()
  })
})

test('closing is soon over, and leaves nothing behind', () =>
  withHub(async ({ peer, destination, write }) => {
    await write(recordOf('a', 0))
    peer.fault = () => ({ silent: true })
    const writing = write(recordOf('a', 1))
    const startedMs = Date.now()
    await destination.close()
    expect((await writing).map(outline)).toEqual(['transient ABORTED'])
    expect(Date.now() - startedMs).toBeLessThan(25_000)
    await eventually(() => peer.connections === 0)
  }))

/** First occurrences must not decrease. */
function firsts(numbers: readonly number[]): number[] {
  return [...new Set(numbers)]
}

test.each([1, 2, 3, 4])('whatever fails, each key comes in its order and nothing is lost (seed %i)', (seed) =>
  withHub(async ({ peer, destination }) => {
    const random = seededRandom(seed)
    const faults: HubFault[] = [
      { refuse: { condition: 'amqp:internal-error' } },
      { refuse: { condition: 'com.microsoft:server-busy' } },
      { detach: { condition: 'amqp:link:detach-forced' } },
      { detach: { condition: 'amqp:link:detach-forced' }, stored: true },
      { cut: true, stored: true },
      { close: { condition: 'amqp:connection:forced' } },
      { release: true },
    ]
    peer.fault = ({ step }) => {
      return step === 'send' && random() < 0.1 ? faults[Math.floor(random() * faults.length)] : undefined
    }
    const keys = Array.from({ length: 12 }, (_, index) => `user-${index}`)
    const waiting = keys.flatMap((key) => recordsOf(key, 20, 20)).sort((a, b) => nthOf(a) - nthOf(b))
    let rest: readonly RecordPayload[] = waiting
    for (let round = 0; rest.length > 0; round++) {
      expect(round).toBeLessThan(200)
      const call = rest.slice(0, 40)
      const failed = new Set((await destination.write(call, never)).map(({ payload }) => payload))
      rest = [...call.filter((record) => failed.has(record)), ...rest.slice(40)]
    }
    for (const key of keys) {
      const stored = peer.eventsOf(HUB).flatMap((events) => events.filter(({ partitionKey }) => partitionKey === key))
      expect(firsts(stored.map(({ body }) => parseInt(body.toString())))).toEqual(
        recordsOf(key, 20).map((_, nth) => nth),
      )
    }
  }),
)

const nthOf = ({ bytes }: RecordPayload) => parseInt(bytes.toString())
