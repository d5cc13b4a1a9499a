/**
 * What Kafka Connect's REST API answers: the classes of `org.apache.kafka.connect.runtime.rest.entities` in Kafka 4.3, their
 * members in the order in which a worker writes them. Which release the answers are held against: `CONNECT_VERSION`.
 */

/** The release whose API this is. Clients look at it before they ask for what is newer. */
export const CONNECT_VERSION = '4.3.1'

export interface ServerInfo {
  version: string
  commit: string
  kafka_cluster_id: string | null
}

export interface WorkerStatus {
  status: 'healthy' | 'starting' | 'unhealthy'
  message: string
}

export type State = 'RUNNING' | 'PAUSED' | 'FAILED' | 'UNASSIGNED' | 'STOPPED' | 'RESTARTING'

export interface StateInfo {
  state: State
  worker_id: string
  version: string
  /** Only where there is one. */
  trace?: string
}

interface TaskState extends StateInfo {
  id: number
}

export interface ConnectorStateInfo {
  name: string
  connector: StateInfo
  tasks: TaskState[]
  type: 'sink'
}

export interface TaskId {
  connector: string
  task: number
}

export type Config = Record<string, string>

export interface ConnectorInfo {
  name: string
  config: Config
  tasks: TaskId[]
  type: 'sink'
}

export interface TaskInfo {
  id: TaskId
  config: Config
}

export interface ConnectorOffsets {
  offsets: {
    partition: { kafka_partition: number; kafka_topic: string }
    offset: { kafka_offset: number }
  }[]
}

export interface PluginInfo {
  class: string
  type: 'sink'
  version: string
}

export interface ConfigKeyInfo {
  name: string
  type: 'BOOLEAN' | 'INT' | 'LIST' | 'PASSWORD' | 'STRING'
  required: boolean
  default_value: string | null
  importance: 'HIGH' | 'MEDIUM' | 'LOW'
  documentation: string
  group: string
  order_in_group: number
  width: 'SHORT' | 'MEDIUM' | 'LONG'
  display_name: string
  dependents: string[]
}

export interface ConfigValueInfo {
  name: string
  value: string | null
  recommended_values: string[]
  errors: string[]
  visible: boolean
}

export interface ConfigInfos {
  name: string
  error_count: number
  groups: string[]
  configs: {
    /** Null for a name that the plugin does not know. */
    definition: ConfigKeyInfo | null
    value: ConfigValueInfo
  }[]
}

export interface LoggerLevel {
  level: string
  /** Unix milliseconds; null when it never was. */
  last_modified: number | null
}

export interface ErrorMessage {
  error_code: number
  message: string
}
