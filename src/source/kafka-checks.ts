import { Checklist, ok, skipped, type CheckResult, type Finding } from '../runtime/checklist.js'
import type { Clock } from '../runtime/clock.js'
import { KafkaCluster } from './kafka-cluster.js'
import { kafkaErrorType, troubleOf } from './kafka-error.js'
import { KafkaRights } from './kafka-rights.js'
import type { KafkaSettings } from './kafka-settings.js'
import { retentionFinding } from './retention.js'

export interface KafkaCheckRequest {
  topics: readonly string[]
  group: string
  /** Topics that Millrace writes: the drop ledger and dead letters. */
  sideTopics: readonly string[]
  /** How long events must stay in the topics: they may have to wait so long. */
  periodMs: number
}

/**
 * Looks at everything a connector needs of Kafka, each by its own name. Joins no group, writes and commits nothing, creates
 * no topic; needs no right that delivering does not need.
 */
export async function checkKafka(
  kafka: KafkaSettings,
  request: KafkaCheckRequest,
  clock: Clock,
): Promise<CheckResult[]> {
  const { topics, group, sideTopics } = request
  const list = new Checklist(clock)
  const cluster = new KafkaCluster(kafka, [...topics, ...sideTopics])
  const rights = new KafkaRights(cluster)
  const patient = (look: Look) => () => patiently(look, cluster, clock)
  try {
    const brokers = { name: 'kafka', resource: kafka.brokers.join(',') }
    const reached = await list.check(brokers, () => found(() => reach(cluster, clock)))
    const needs = [reached]
    for (const topic of topics) await checkTopic(topic, { list, rights, needs, patient, periodMs: request.periodMs })
    const readsGroup = patient(() => rights.readGroup(group))
    await list.check({ name: 'kafka:Read group', resource: group, needs }, readsGroup)
    for (const topic of sideTopics) {
      const writes = patient(() => rights.write(topic))
      await list.check({ name: 'kafka:Write', resource: topic, needs }, writes)
    }
    return list.results
  } finally {
    cluster.close()
  }
}

interface TopicCheckParts {
  list: Checklist
  rights: KafkaRights
  needs: readonly CheckResult[]
  patient: (look: Look) => Look
  periodMs: number
}

async function checkTopic(topic: string, { list, rights, needs, patient, periodMs }: TopicCheckParts): Promise<void> {
  const exists = await list.check({ name: 'kafka:Describe', resource: topic, needs }, () => rights.describe(topic))
  const its = { resource: topic, needs: [...needs, exists] }
  const reads = patient(() => rights.read(topic))
  await list.check({ name: 'kafka:Read', ...its }, reads)
  const retains = patient(async () => {
    const config = await rights.configOf(topic, RETENTION_SETTINGS)
    return config ? retentionFinding(config, periodMs) : skipped('not known: DescribeConfigs is not granted (optional)')
  })
  await list.check({ name: 'retention', ...its }, retains)
}

const RETENTION_SETTINGS = ['retention.ms', 'retention.bytes', 'cleanup.policy']

async function reach(cluster: KafkaCluster, clock: Clock): Promise<Finding> {
  await cluster.refresh()
  // A broker that has just started may not know its topics yet.
  if (cluster.brokerCount === 0) await clock.sleep(STARTING_MS)
  await cluster.refresh()
  return ok(`reached, ${cluster.brokerCount === 1 ? 'one broker' : `${cluster.brokerCount} brokers`}`)
}

const STARTING_MS = 1_000

/** A leader or a coordinator that is being chosen, or a new cluster's topic of offsets, is there within seconds. */
const PATIENCE_MS = 5_000
const PAUSE_MS = 300

type Look = () => Promise<Finding>

/** Looks again, with what is known of the cluster anew, while what is wrong may pass by itself. */
async function patiently(look: Look, cluster: KafkaCluster, clock: Clock): Promise<Finding> {
  const untilMs = clock.nowMs() + PATIENCE_MS
  let finding = await found(look)
  while (finding.code !== undefined && PASSING.has(finding.code) && clock.nowMs() < untilMs) {
    await clock.sleep(PAUSE_MS)
    finding = await found(() => cluster.refresh().then(look))
  }
  return finding
}

/** What Kafka refuses is a finding; anything else is a bug. */
async function found(look: Look): Promise<Finding> {
  try {
    return await look()
  } catch (error) {
    if (kafkaErrorType(error) === undefined) throw error
    const { code, message } = troubleOf(error, 'asking Kafka')
    return { status: 'failed', code, message, hint: HINTS[code] ?? 'It may pass; look at the brokers if it persists.' }
  }
}

/** Trouble of these codes needs no person (`troubleOf`). */
const PASSING = new Set(['KAFKA_UNREACHABLE', 'KAFKA_REFUSED'])

const HINTS: Partial<Record<string, string>> = {
  KAFKA_UNREACHABLE: 'Check kafka.brokers, the network, and whether the brokers run.',
  KAFKA_AUTHENTICATION: 'Mend kafka.sasl: mechanism, user name and password.',
  KAFKA_TLS: 'Mend kafka.ssl: the authority of the brokers, the certificate and its key.',
  KAFKA_AUTHORIZATION: 'Grant the right; millrace policy prints the command.',
  KAFKA_UNSUPPORTED: 'Kafka 2.3 or newer is needed.',
}
