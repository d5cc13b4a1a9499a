/** One right on one resource (Kafka documentation, "Authorization and ACLs": operations and resources on protocols). */
export interface KafkaAcl {
  resource: 'topic' | 'group'
  name: string
  operations: KafkaOperation[]
  /** What it is for. */
  purpose: string
  /** True when delivering does not need it. */
  optional: boolean
}

type KafkaOperation = 'Read' | 'Write' | 'Describe' | 'Create' | 'DescribeConfigs'

export interface KafkaNames {
  topics: readonly string[]
  group: string
  /** Topics that Millrace writes: the drop ledger and dead letters. */
  sideTopics: readonly string[]
  /** Which of them is the drop ledger, whose settings are looked at. */
  ledger?: string
  /** Topics in which processes tell each other how their connectors are, and what is asked of them. */
  sharedTopics?: readonly string[]
}

/** The least rights a connector needs in Kafka, and the optional ones. */
export function aclsOf({ topics, group, sideTopics, ledger, sharedTopics = [] }: KafkaNames): KafkaAcl[] {
  return [
    ...topics.map((name) => topicAcl(name, ['Read', 'Describe'], 'to read events')),
    {
      resource: 'group',
      name: group,
      operations: ['Read'],
      purpose: 'to divide the work and to commit',
      optional: false,
    },
    ...sideTopics.map((name) => topicAcl(name, ['Write', 'Describe'], 'to record what is not delivered')),
    ...sideTopics.map((name) => optional(topicAcl(name, ['Create'], 'to create it; not when it exists already'))),
    ...sideTopics.map((name) => optional(topicAcl(name, ['Read'], 'to list and to replay what was not delivered'))),
    ...sharedTopics.map((name) => optional(topicAcl(name, ['Read', 'Write', 'Describe', 'Create'], SHARED))),
    ...topics.map((name) => optional(topicAcl(name, ['DescribeConfigs'], 'to compare its retention with the period'))),
    ...(ledger === undefined
      ? []
      : [optional(topicAcl(ledger, ['DescribeConfigs'], 'to see whether it keeps its records'))]),
  ]
}

const SHARED = 'to show and to operate connectors over all processes and restarts'

const topicAcl = (name: string, operations: KafkaOperation[], purpose: string): KafkaAcl => {
  return { resource: 'topic', name, operations, purpose, optional: false }
}

const optional = (acl: KafkaAcl): KafkaAcl => ({ ...acl, optional: true })

/** The command of Kafka's own tool that grants it. `principal` as in `User:millrace`. */
export function aclCommand({ resource, name, operations }: KafkaAcl, principal: string): string {
  const allowed = operations.map((operation) => `--operation ${operation}`).join(' ')
  const who = `--allow-principal "${principal}"`
  return `kafka-acls.sh --bootstrap-server $BROKERS --add ${who} ${allowed} --${resource} ${name}`
}
