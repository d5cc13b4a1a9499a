import type { TestProject } from 'vitest/node'
import { requireJava } from '../../scripts/servers/jvm.js'
import { orMissing } from './start-servers.js'

/** For tests that start all their servers themselves. */
export default async function setup(project: TestProject): Promise<void> {
  const none = { missing: 'no shared server is started for these tests' }
  const java = await orMissing(requireJava().then(() => ({})))
  project.provide('servers', { kafka: none, s3: none, moto: none, python: none, java })
}
