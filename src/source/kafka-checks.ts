import { Checklist, ok, skipped, type CheckResult, type Finding } from '../runtime/checklist.js'
import type { Clock } from '../runtime/clock.js'
import { KafkaCluster } from './kafka-cluster.js'
import { kafkaErrorType, troubleOf, whatToDoAbout } from './kafka-error.js'
import { KafkaRights } from './kafka-rights.js'
import type { KafkaSettings } from './kafka-settings.js'
import { ledgerFinding, retentionFinding, type WaitingTime } from './retention.js'

export interface KafkaCheckRequest {
  topics: readonly string[]
  group: string
  /** Topics that Millrace writes: the drop ledger and dead letters. */
  sideTopics: readonly string[]
  /** Which of them is the drop ledger. */
  ledger?: string
  /** How long events must stay in the topics. */
  waiting: WaitingTime
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
  const { topics, group, sideTopics, ledger, waiting } = request
  return withCluster(kafka, { topics: [...topics, ...sideTopics], clock }, async (checks) => {
    for (const topic of topics) await checks.topic(topic, waiting)
    await checks.readsGroup(group)
    for (const topic of sideTopics) await checks.ownTopic(topic, topic === ledger)
  })
}

/**
 * Only whether the topics keep events for as long as they may have to wait: a result `retention` for each, `skipped` where it
 * is not known, with the code `NOT_GRANTED` where we may not know. Writes nothing; nothing more is asked once `signal` aborts.
 */
export async function checkRetention(
  kafka: KafkaSettings,
  { topics, waiting }: Pick<KafkaCheckRequest, 'topics' | 'waiting'>,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<CheckResult[]> {
  return withCluster(kafka, { topics, clock, signal }, async (checks) => {
    for (const topic of topics) await checks.retention(topic, await checks.exists(topic), waiting)
  })
}

/** Only the topics that Millrace writes: whether it may, and whether the ledger keeps its records. As `checkKafka` does. */
export async function checkOwnTopics(
  kafka: KafkaSettings,
  { sideTopics, ledger }: { sideTopics: readonly string[]; ledger: string },
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<CheckResult[]> {
  return withCluster(kafka, { topics: sideTopics, clock, signal }, async (checks) => {
    for (const topic of sideTopics) await checks.ownTopic(topic, topic === ledger)
  })
}

/** What `look` has found, after whether there is a cluster at all. */
async function withCluster(
  kafka: KafkaSettings,
  { topics, clock, signal }: { topics: readonly string[]; clock: Clock; signal?: AbortSignal },
  look: (checks: KafkaCheckList) => Promise<void>,
): Promise<CheckResult[]> {
  const cluster = new KafkaCluster(kafka, topics)
  const close = () => cluster.close()
  signal?.addEventListener('abort', close, { once: true })
  const list = new Checklist(clock)
  const patience = { clock, ...(signal && { signal }) }
  try {
    const brokers = { name: 'kafka', resource: kafka.brokers.join(',') }
    const reached = await list.check(brokers, () => found(() => reach(cluster, clock)))
    await look(new KafkaCheckList({ list, cluster, reached, patience }))
    return list.results
  } finally {
    signal?.removeEventListener('abort', close)
    close()
  }
}

interface CheckListParts {
  list: Checklist
  cluster: KafkaCluster
  /** Whether there is a cluster at all. */
  reached: CheckResult
  patience: Patience
}

/** The checks that can be made of Kafka, each with its name. */
class KafkaCheckList {
  readonly #rights: KafkaRights

  constructor(private readonly parts: CheckListParts) {
    this.#rights = new KafkaRights(parts.cluster)
  }

  async topic(topic: string, waiting: WaitingTime): Promise<void> {
    const exists = await this.exists(topic)
    await this.#check('kafka:Read', topic, [exists], () => this.#rights.read(topic))
    await this.retention(topic, exists, waiting)
  }

  exists(topic: string): Promise<CheckResult> {
    return this.#check('kafka:Describe', topic, [], () => Promise.resolve(this.#rights.describe(topic)))
  }

  retention(topic: string, exists: CheckResult, waiting: WaitingTime): Promise<CheckResult> {
    return this.#settings(topic, [exists], (config) => retentionFinding(config, waiting))
  }

  readsGroup(group: string): Promise<CheckResult> {
    return this.#check('kafka:Read group', group, [], () => this.#rights.readGroup(group))
  }

  /** One that Millrace writes; the ledger's settings can only be looked at when it exists. */
  async ownTopic(topic: string, isLedger: boolean): Promise<void> {
    await this.#check('kafka:Write', topic, [], () => this.#rights.write(topic))
    const isThere = this.parts.cluster.partitionsOf(topic).length > 0
    if (isLedger && isThere) await this.#settings(topic, [], ledgerFinding)
  }

  #settings(topic: string, needs: CheckResult[], finding: (config: ReadonlyMap<string, string>) => Finding) {
    return this.#check('retention', topic, needs, async () => {
      const config = await this.#rights.configOf(topic, RETENTION_SETTINGS)
      return config ? finding(config) : NOT_GRANTED
    })
  }

  #check(name: string, resource: string, needs: CheckResult[], look: Look): Promise<CheckResult> {
    const { list, cluster, reached, patience } = this.parts
    return list.check({ name, resource, needs: [reached, ...needs] }, () => patiently(look, cluster, patience))
  }
}

const NOT_GRANTED = {
  ...skipped('not known: DescribeConfigs is not granted (optional)'),
  code: 'NOT_GRANTED',
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

interface Patience {
  clock: Clock
  /** Ends it. */
  signal?: AbortSignal
}

/** Looks again, with what is known of the cluster anew, while what is wrong may pass by itself. */
async function patiently(look: Look, cluster: KafkaCluster, { clock, signal }: Patience): Promise<Finding> {
  const untilMs = clock.nowMs() + PATIENCE_MS
  let finding = await found(look)
  while (finding.code !== undefined && PASSING.has(finding.code) && clock.nowMs() < untilMs && !signal?.aborted) {
    await clock.sleep(PAUSE_MS, ...(signal ? [signal] : []))
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
    return { status: 'failed', code, message, hint: whatToDoAbout(code) }
  }
}

/** Trouble of these codes needs no person (`troubleOf`). */
const PASSING = new Set(['KAFKA_UNREACHABLE', 'KAFKA_REFUSED'])
