import { startKafka, type LocalKafka } from '../../scripts/servers/local-kafka.js'
import { startS3, type LocalS3 } from '../../scripts/servers/local-s3.js'
import { KafkaProxy, type KafkaFault } from '../support/kafka-proxy.js'
import { S3FaultProxy, type S3Fault } from '../support/s3-fault-proxy.js'

export const BUCKET = 'chaos-events'

/** A Kafka and an S3 server of the test's own, each behind its fault proxy. */
export interface ChaosServers {
  kafka: LocalKafka
  kafkaProxy: KafkaProxy
  s3: LocalS3
  s3Proxy: S3FaultProxy
  stop(): Promise<void>
}

/** Resolves when they are ready; their data goes with them. */
export async function startChaosServers(seed: number): Promise<ChaosServers> {
  const kafkaProxy = await KafkaProxy.start({ seed })
  const [kafka, s3] = await Promise.all([startKafka({ proxyPorts: [kafkaProxy.port] }), startS3({ buckets: [BUCKET] })])
  kafkaProxy.forwardTo(kafka.proxied[0]!)
  const s3Proxy = await S3FaultProxy.start(s3.endpoint, { seed: seed + 1 })
  const stop = async () => {
    await Promise.all([kafkaProxy.close(), s3Proxy.close()])
    await Promise.all([kafka.stop(), s3.stop()])
  }
  return { kafka, kafkaProxy, s3, s3Proxy, stop }
}

/**
 * Single requests to Kafka that go wrong; the first rule that strikes counts. Commits above all: cut before and after the
 * broker has carried them out, and late enough to arrive in the next generation of the group.
 */
export const KAFKA_FAULTS: KafkaFault[] = [
  { api: 'OffsetCommit', action: 'cut before', probability: 0.05 },
  { api: 'OffsetCommit', action: 'cut after', probability: 0.08 },
  { api: 'OffsetCommit', action: 'cut answer', probability: 0.04 },
  { api: 'OffsetCommit', action: 'delay', delayMs: 300, probability: 0.1 },
  { api: 'OffsetCommit', action: 'delay', delayMs: 7_000, probability: 0.02 },
  { api: 'OffsetFetch', action: 'cut after', probability: 0.05 },
  { api: 'JoinGroup', action: 'cut after', probability: 0.05 },
  { api: 'SyncGroup', action: 'cut after', probability: 0.05 },
  { api: 'Heartbeat', action: 'cut before', probability: 0.03 },
  { api: 'Produce', action: 'cut after', probability: 0.1 },
  { api: 'Fetch', action: 'cut answer', probability: 0.005 },
  { api: 'Fetch', action: 'cut before', probability: 0.005 },
]

/** Single uploads that go wrong: one or two of most ranges, which have 20 to 30. Slow ones, so that a kill falls between them. */
export const S3_FAULTS: S3Fault[] = [
  { method: 'PUT', action: 'slow down', probability: 0.005 },
  { method: 'PUT', action: 'internal error', probability: 0.005 },
  { method: 'PUT', action: 'cut before', probability: 0.005 },
  { method: 'PUT', action: 'cut body', probability: 0.005 },
  { method: 'PUT', action: 'cut after', probability: 0.02 },
  { method: 'PUT', action: 'delay', delayMs: 250, probability: 0.05 },
  { method: 'PUT', action: 'delay', delayMs: 2_000, probability: 0.01 },
  // Long enough to arrive after the next owner has written and committed the same range.
  { method: 'PUT', action: 'delay', delayMs: 12_000, probability: 0.004 },
]

/** Two uploads get no answer at all, which takes Millrace 30 s to give up. */
export const S3_HANGS: S3Fault[] = [
  { method: 'PUT', action: 'hang', nth: 60 },
  { method: 'PUT', action: 'hang', nth: 240 },
]

export const S3_DOWN: S3Fault[] = [{ action: 'slow down' }]
