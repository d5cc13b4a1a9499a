import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { GenericContainer, Wait } from 'testcontainers'
import { waitForBrokers } from './kafka-readiness.js'
import { freePorts } from './ports.js'

/** The same versions as the local processes and `docker-compose.yml`. */
const kafkaImage = 'apache/kafka:4.3.1'
const s3Image = 'andrewgaul/s3proxy:s3proxy-4.1.0'

/** Long enough for a daemon that is busy; one that is not there answers at once. */
const dockerInfoTimeoutMs = 10_000

/** Whether a Docker engine answers. */
export async function dockerWorks(): Promise<boolean> {
  try {
    await promisify(execFile)('docker', ['info'], { timeout: dockerInfoTimeoutMs })
    return true
  } catch {
    return false
  }
}

/** One Kafka broker in a container; resolves when it lists itself. Testcontainers removes it even after a crash. */
export async function startDockerKafka() {
  const [port] = (await freePorts(1)) as [number]
  const container = await new GenericContainer(kafkaImage)
    // Clients are told this very address, so it must be known before the start.
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment(kafkaEnvironment(port))
    .start()
  const brokers = [`127.0.0.1:${port}`]
  await waitForBrokers(brokers, 1)
  return { brokers, stop: () => container.stop().then(() => undefined) }
}

/** See `kafka-properties.ts` for the reasons; the names are Kafka's with dots as underscores. */
function kafkaEnvironment(port: number): Record<string, string> {
  return {
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_NODE_ID: '1',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    // Two listeners: within its container the broker, which asks itself about transactions, does not find the port outside.
    KAFKA_LISTENERS: 'INSIDE://:19092,OUTSIDE://:9092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS: `INSIDE://localhost:19092,OUTSIDE://127.0.0.1:${port}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'INSIDE',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
  }
}

/** S3Proxy in a container; resolves when its port is open. */
export async function startDockerS3() {
  const accessKeyId = 'millrace'
  const secretAccessKey = 'millrace-secret'
  const container = await new GenericContainer(s3Image)
    .withExposedPorts(80)
    .withEnvironment({
      S3PROXY_AUTHORIZATION: 'aws-v2-or-v4',
      S3PROXY_IDENTITY: accessKeyId,
      S3PROXY_CREDENTIAL: secretAccessKey,
      JCLOUDS_PROVIDER: 'filesystem-nio2',
    })
    .withWaitStrategy(Wait.forListeningPorts())
    .start()
  const endpoint = `http://${container.getHost()}:${container.getMappedPort(80)}`
  return { endpoint, accessKeyId, secretAccessKey, stop: () => container.stop().then(() => undefined) }
}
