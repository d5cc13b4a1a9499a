import type { TestProject } from 'vitest/node'
import { findKafka, findS3, type KafkaAddress, type S3Address } from '../../scripts/servers/find-servers.js'
import { requireJava } from '../../scripts/servers/jvm.js'
import { Moto, type MotoAddress } from './moto.js'
import { requirePython } from './python.js'

/** What integration tests are told about the servers; see `describeWithServers`. */
export interface ProvidedServers {
  kafka: KafkaAddress | Missing
  s3: S3Address | Missing
  /** S3 with IAM and STS that enforce: see `Moto.at`. Everybody's, so names are unique. */
  moto: MotoAddress | Missing
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

/** Starts the servers that all integration tests share, and stops them after the last one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const tools = [tool(requireJava()), tool(requirePython())] as const
  const servers = [orMissing(findKafka()), orMissing(findS3()), orMissing(startMoto())] as const
  const [kafka, s3, moto, java, python] = await Promise.all([...servers, ...tools])
  // Only data can be handed to the tests' processes.
  project.provide('servers', JSON.parse(JSON.stringify({ kafka, s3, moto, java, python })) as ProvidedServers)
  const started = [kafka, s3, moto].filter((server) => 'stop' in server)
  return async () => void (await Promise.all(started.map((server) => server.stop())))
}

async function startMoto(): Promise<Moto> {
  await requirePython()
  return Moto.start()
}

/** What was found, or the reason why not. */
export async function orMissing<T extends object>(found: Promise<T>): Promise<T | Missing> {
  return found.catch((error: unknown) => ({ missing: error instanceof Error ? error.message : String(error) }))
}

/** Of a tool there is nothing to know but that it is there. */
const tool = (required: Promise<void>) => orMissing(required.then(() => ({})))
