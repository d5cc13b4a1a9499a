import type { Configuration } from '../config/configuration.js'
import { createKafkaOffsets, type KafkaOffsets } from '../source/kafka-offsets.js'
import { createKafkaReader, type KafkaReader } from '../source/kafka-reader.js'
import { loadProject, type Project } from './project.js'
import type { Terminal } from './terminal.js'

/** Kafka as commands look at it: no member of any group, commits nothing. */
export interface KafkaSession {
  kafka: Configuration['kafka']
  offsets: KafkaOffsets
  reader: KafkaReader
}

/** Calls `work` with the project and its Kafka, and lets go of both afterwards. Rejects as `loadProject`. */
export async function withKafka<T>(
  config: string,
  terminal: Terminal,
  work: (project: Project, session: KafkaSession) => Promise<T>,
): Promise<T> {
  const project = await loadProject(config, terminal)
  return withSession(project.configuration.kafka, (session) => work(project, session))
}

/** Calls `work` with this Kafka, and lets go of it afterwards. */
export async function withSession<T>(
  kafka: Configuration['kafka'],
  work: (session: KafkaSession) => Promise<T>,
): Promise<T> {
  const [offsets, reader] = [createKafkaOffsets({ kafka }), createKafkaReader({ kafka })]
  try {
    return await work({ kafka, offsets, reader })
  } finally {
    await Promise.all([offsets.close(), reader.close()])
  }
}
