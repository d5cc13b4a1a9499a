import { Kafka, logLevel } from 'kafkajs'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { startKafkaBehindProxy, type KafkaBehindProxy } from '../../support/kafka-behind-proxy.js'
import type { KafkaFault } from '../../support/kafka-proxy.js'
import { createTopic, produce, readTopic, uniqueTopic, withAdmin } from '../../support/kafka-topics.js'

describeWithServers('the Kafka fault proxy', ['java'], () => {
  let servers: KafkaBehindProxy
  beforeAll(async () => {
    servers = await startKafkaBehindProxy()
  })
  afterEach(() => {
    servers.proxies[0]!.rules.set([])
    servers.proxies[0]!.acceptConnections()
  })
  afterAll(() => servers?.stop())

  /** Commits offset 7 through the proxy on a connection of its own; what came back, and what the broker holds then. */
  async function commitOnce(fault: KafkaFault) {
    const topic = await createTopic(servers.kafka.brokers)
    const groupId = uniqueTopic('group')
    const readOffset = () =>
      withAdmin(servers.kafka.brokers, async (admin) => {
        const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] })
        return committed!.partitions[0]!.offset
      })
    // Also finds the group's coordinator, without which the broker accepts no commit.
    expect(await readOffset()).toBe('-1')
    servers.proxies[0]!.rules.set([fault])
    const answer = await exchange(
      servers.proxies[0]!.port,
      offsetCommit({ clientId: 'cut-me', groupId, topic, offset: 7 }),
    )
    return { answer, offset: await readOffset() }
  }

  it('passes everything through without rules', async () => {
    const topic = await createTopic(servers.brokers)
    const value = Buffer.alloc(900_000, 'x')
    await produce(servers.brokers, topic, [{ value }])

    const [record] = await readTopic(servers.brokers, topic, 1)

    expect(record!.value!.equals(value)).toBe(true)
  })

  it('cuts an OffsetCommit before the broker sees it', async () => {
    const result = await commitOnce({ action: 'cut before', api: 'OffsetCommit' })
    expect(result).toEqual({ answer: 'nothing', offset: '-1' })
  })

  it('cuts an OffsetCommit after the broker has carried it out', async () => {
    const result = await commitOnce({ action: 'cut after', api: 'OffsetCommit' })
    expect(result).toEqual({ answer: 'nothing', offset: '7' })
  })

  it('cuts the answer to an OffsetCommit in the middle', async () => {
    const result = await commitOnce({ action: 'cut answer', api: 'OffsetCommit' })
    expect(result).toEqual({ answer: 'a part', offset: '7' })
  })

  it('leaves other clients, other requests and other occasions alone', async () => {
    const untouched: KafkaFault[] = [
      { action: 'cut before', api: 'OffsetCommit', clientId: 'somebody-else' },
      { action: 'cut before', api: 'Heartbeat' },
      { action: 'cut before', api: 'OffsetCommit', nth: 2 },
      { action: 'cut before', api: 'OffsetCommit', probability: 0 },
    ]
    for (const fault of untouched) {
      expect(await commitOnce(fault), JSON.stringify(fault)).toEqual({ answer: 'everything', offset: '7' })
    }
    expect(await commitOnce({ action: 'cut before', clientId: 'cut-me' })).toEqual({ answer: 'nothing', offset: '-1' })
  })

  it('delays a request', async () => {
    const startMs = performance.now()
    const result = await commitOnce({ action: 'delay', delayMs: 700, api: 'OffsetCommit' })
    expect(result).toEqual({ answer: 'everything', offset: '7' })
    expect(performance.now() - startMs).toBeGreaterThan(690)
  })

  it('refuses connections until it is told to accept them', async () => {
    const [proxy] = servers.proxies
    proxy!.refuseConnections()
    const admin = new Kafka({ brokers: servers.brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin()
    await expect(admin.connect()).rejects.toThrow()

    proxy!.acceptConnections()

    await admin.connect()
    await admin.disconnect()
  })
})

/** Sends one request and takes what comes back, up to the whole answer or the end of the connection. */
function exchange(port: number, request: Buffer): Promise<'everything' | 'a part' | 'nothing'> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length === 4 + received.readInt32BE(0)) socket.end(() => resolve('everything'))
    })
    socket.on('close', () => resolve(received.length > 0 ? 'a part' : 'nothing'))
  })
}

/** OffsetCommit, version 2, by a client that is no member of the group [Kafka protocol guide]. */
function offsetCommit(commit: { clientId: string; groupId: string; topic: string; offset: number }): Buffer {
  const int = (value: number, bytes: 2 | 4) => {
    const buffer = Buffer.alloc(bytes)
    buffer.writeIntBE(value, 0, bytes)
    return buffer
  }
  const long = (value: number) => {
    const buffer = Buffer.alloc(8)
    buffer.writeBigInt64BE(BigInt(value))
    return buffer
  }
  const text = (value: string) => Buffer.concat([int(Buffer.byteLength(value), 2), Buffer.from(value)])
  const correlationId = int(42, 4)
  const header = [int(8, 2), int(2, 2), correlationId, text(commit.clientId)]
  const noMember = [text(commit.groupId), int(-1, 4), text(''), long(-1)]
  const onePartition = [int(1, 4), text(commit.topic), int(1, 4), int(0, 4), long(commit.offset), text('')]
  const body = Buffer.concat([...header, ...noMember, ...onePartition])
  return Buffer.concat([int(body.length, 4), body])
}
