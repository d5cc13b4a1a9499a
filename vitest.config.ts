import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const integration = 'test/integration/**/*.test.ts'
const rule = 'test/integration/credential-rule/**/*.test.ts'
const crash = 'test/integration/{crash,stream-crash}.test.ts'

/** Unit tests compute. */
const computing = availableParallelism()
/** Integration tests wait for processes, servers and periods most of the time. */
const waiting = 2 * computing

export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    pool: 'forks',
    // The SDK's advice to take a newer Node, once for every test file.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // Only what hangs comes near these. A cluster of three Kafka nodes takes 14 s to start when nothing else runs.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: {
          ...{ name: 'unit', include: ['test/**/*.test.ts'], exclude: [integration] },
          ...{ maxWorkers: computing, sequence: { groupOrder: 1 } },
        },
      },
      {
        extends: true,
        test: {
          ...{ name: 'integration', include: [integration], exclude: [rule, crash] },
          ...{ maxWorkers: waiting, sequence: { groupOrder: 2 }, globalSetup: ['test/support/start-servers.ts'] },
        },
      },
      {
        // Periods of seconds stand for 48 hours: what has to happen within one must not wait for other tests.
        extends: true,
        test: {
          ...{ name: 'rule', include: [rule] },
          ...{ maxWorkers: 1, sequence: { groupOrder: 3 }, globalSetup: ['test/support/start-servers.ts'] },
        },
      },
      {
        // They want all cores for themselves, and servers of their own.
        extends: true,
        test: {
          ...{ name: 'crash', include: [crash] },
          ...{ maxWorkers: 1, sequence: { groupOrder: 4 }, globalSetup: ['test/support/find-java.ts'] },
        },
      },
    ],
  },
})
