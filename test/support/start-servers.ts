import type { TestProject } from 'vitest/node'
import { findKafka, findS3, type KafkaAddress, type S3Address } from '../../scripts/servers/find-servers.js'
import { requireJava } from '../../scripts/servers/jvm.js'
import { requirePython } from './python.js'

/** What integration tests are told about the servers; see `describeWithServers`. */
export interface ProvidedServers {
  kafka: KafkaAddress | Missing
  s3: S3Address | Missing
  /** Whether tests may start local servers of their own, to kill or to configure them. */
  java: object | Missing
  /** Whether `runPython` can be used. */
  python: object | Missing
}

export interface Missing {
  /** Why there is no such server, and what to install. */
  missing: string
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: ProvidedServers
  }
}

/** Starts the Kafka and the S3 server that all integration tests share, and stops them after the last one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const tools = [tool(requireJava()), tool(requirePython())] as const
  const [kafka, s3, java, python] = await Promise.all([orMissing(findKafka()), orMissing(findS3()), ...tools])
  // Only data can be handed to the tests' processes.
  project.provide('servers', JSON.parse(JSON.stringify({ kafka, s3, java, python })) as ProvidedServers)
  const started = [kafka, s3].filter((server) => 'stop' in server)
  return async () => void (await Promise.all(started.map((server) => server.stop())))
}

/** What was found, or the reason why not. */
async function orMissing<T extends object>(found: Promise<T>): Promise<T | Missing> {
  return found.catch((error: unknown) => ({ missing: error instanceof Error ? error.message : String(error) }))
}

/** Of a tool there is nothing to know but that it is there. */
const tool = (required: Promise<void>) => orMissing(required.then(() => ({})))
