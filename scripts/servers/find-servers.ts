import { dockerWorks, startDockerKafka, startDockerS3 } from './docker-servers.js'
import { startKafka } from './local-kafka.js'
import { startS3 } from './local-s3.js'

export interface KafkaAddress {
  brokers: string[]
}

export interface S3Address {
  endpoint: string
  accessKeyId: string
  secretAccessKey: string
}

/** A server to work with. `stop` ends what was started for it, which for an address of yours is nothing. */
export type Found<Address> = Address & { stop(): Promise<void> }

const leaveItRunning = () => Promise.resolve()

/**
 * The Kafka to use: at MILLRACE_TEST_KAFKA (`host:port,host:port`) when that is set, else in a container when a Docker
 * engine answers, else as a local process. Rejects, saying what to install, when none of these can be had.
 */
export async function findKafka(): Promise<Found<KafkaAddress>> {
  const brokers = process.env.MILLRACE_TEST_KAFKA
  if (brokers) return { brokers: brokers.split(','), stop: leaveItRunning }
  if (await dockerWorks()) return startDockerKafka()
  const kafka = await startKafka()
  return { brokers: kafka.brokers, stop: () => kafka.stop() }
}

/**
 * The S3 server to use, chosen in the same order; of the environment: MILLRACE_TEST_S3 (`http://host:port`),
 * MILLRACE_TEST_S3_ACCESS_KEY_ID and MILLRACE_TEST_S3_SECRET_ACCESS_KEY.
 */
export async function findS3(): Promise<Found<S3Address>> {
  const endpoint = process.env.MILLRACE_TEST_S3
  if (endpoint) return { endpoint, ...keysFromEnvironment(), stop: leaveItRunning }
  if (await dockerWorks()) return startDockerS3()
  const s3 = await startS3()
  const { accessKeyId, secretAccessKey } = s3
  return { endpoint: s3.endpoint, accessKeyId, secretAccessKey, stop: () => s3.stop() }
}

function keysFromEnvironment() {
  const accessKeyId = process.env.MILLRACE_TEST_S3_ACCESS_KEY_ID
  const secretAccessKey = process.env.MILLRACE_TEST_S3_SECRET_ACCESS_KEY
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey }
  throw new Error(
    'MILLRACE_TEST_S3 needs MILLRACE_TEST_S3_ACCESS_KEY_ID and MILLRACE_TEST_S3_SECRET_ACCESS_KEY beside it',
  )
}
