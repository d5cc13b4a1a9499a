#!/usr/bin/env node
/** Process entry: arguments, environment and signals in, exit code out. The only file that touches `process`. */

import { hostname } from 'node:os'

// The AWS SDK warns about Node 20 when it is loaded; Millrace pins versions that still support it.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'

const stop = new AbortController()
const onSignal = () => {
  // The second signal exits at once: what is not committed is delivered again by whoever comes next.
  if (stop.signal.aborted) process.exit(1)
  stop.abort()
}
process.on('SIGTERM', onSignal).on('SIGINT', onSignal)

const crash = (error: unknown) => {
  // An error's own fields may hold secrets (AWS signature errors do): the stack alone is shown.
  process.stderr.write(
    `millrace: this is a bug, please report it: ${error instanceof Error ? error.stack : typeof error}\n`,
  )
  process.exit(1)
}
process.on('uncaughtException', crash).on('unhandledRejection', crash)
// A reader that went away (`millrace inspect … | head`) is no bug.
process.stdout.on('error', () => process.exit(0))

const { runCommandLine } = await import('./cli.js')
process.exit(
  await runCommandLine(process.argv.slice(2), {
    env: process.env,
    stdin: process.stdin,
    instance: `${hostname()}/${process.pid}`,
    // Standard output is for results.
    ...(process.stdin.isTTY && process.stderr.isTTY && { screen: process.stderr }),
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    stop: stop.signal,
  }),
)
