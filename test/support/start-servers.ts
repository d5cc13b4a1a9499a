import type { TestProject } from 'vitest/node'
import { findKafka, findS3, type KafkaAddress, type S3Address } from '../../scripts/servers/find-servers.js'
import { requireJava } from '../../scripts/servers/jvm.js'

/** What integration tests are told about the servers; see `describeWithServers`. */
export interface ProvidedServers {
  kafka: KafkaAddress | Missing
  s3: S3Address | Missing
  /** Whether tests may start local servers of their own, to kill or to configure them. */
  java: object | Missing
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
  const [kafka, s3, java] = await Promise.all([orMissing(findKafka()), orMissing(findS3()), orMissing(localServers())])
  // Only data can be handed to the tests' processes.
  project.provide('servers', JSON.parse(JSON.stringify({ kafka, s3, java })) as ProvidedServers)
  const started = [kafka, s3].filter((server) => 'stop' in server)
  return async () => void (await Promise.all(started.map((server) => server.stop())))
}

async function orMissing<T extends object>(server: Promise<T>): Promise<T | Missing> {
  return server.catch((error: unknown) => ({ missing: error instanceof Error ? error.message : String(error) }))
}

async function localServers(): Promise<object> {
  await requireJava()
  return {}
}
