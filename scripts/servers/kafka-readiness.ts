import { Kafka, logLevel } from 'kafkajs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Three nodes need 14 s, and on a machine as busy as can be 90 s; several times that is no normal start any more. */
const readyTimeoutMs = 270_000
const pollIntervalMs = 200

/**
 * Resolves when the cluster lists `count` brokers: a port that is open is not yet a broker that works.
 * Rejects after 270 s with the last reason.
 */
export async function waitForBrokers(brokers: string[], count: number): Promise<void> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 }, connectionTimeout: 1000 })
  const deadline = Date.now() + readyTimeoutMs
  for (;;) {
    const seen = await countBrokers(kafka)
    if (seen === count) return
    if (Date.now() > deadline) throw new Error(`Kafka at ${brokers.join(', ')} is not ready: ${String(seen)}`)
    await sleep(pollIntervalMs)
  }
}

/** How many brokers are listed, or why that cannot be asked. */
async function countBrokers(kafka: Kafka): Promise<unknown> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return (await admin.describeCluster()).brokers.length
  } catch (error) {
    return error
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}
