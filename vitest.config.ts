import { defineConfig } from 'vitest/config'

const integration = 'test/integration/**/*.test.ts'

export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    pool: 'forks',
    // The SDK's advice to take a newer Node, once for every test file.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: 30_000,
    // A cluster of three Kafka nodes needs 14 s to start, more when both cores are busy.
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [integration] } },
      {
        extends: true,
        test: { name: 'integration', include: [integration], globalSetup: ['test/support/start-servers.ts'] },
      },
    ],
  },
})
