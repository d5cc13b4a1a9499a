// npm run test:chaos -- [--destination s3|kinesis|event-hubs] [--minutes N] [--seed S] [--records N]: the crash test, as long as you like.
import { ensureInstalled } from './bootstrap.mjs'

ensureInstalled()

// The SDK's advice to take a newer Node.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

const { register } = await import('tsx/esm/api')
register()
await import('../test/chaos/main.ts')
