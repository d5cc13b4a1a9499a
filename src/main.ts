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
// A reader that went away (`millrace inspect … | head`) is no bug; one of the log leaves nobody to be told.
process.stdout.on('error', () => process.exit(0))
process.stderr.on('error', () => undefined)

// A terminal that does not know its width says 0, which would be a character a line.
if (process.stderr.isTTY && process.stderr.columns === 0) process.stderr.columns = 80

/** Resolves when everything written so far has left the process: a pipe takes 64 KiB, the rest when somebody reads. */
const written = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write('', () => resolve()))

const { runCommandLine } = await import('./cli.js')
const exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  instance: `${hostname()}/${process.pid}`,
  // Standard output is for results.
  ...(process.stdin.isTTY && process.stderr.isTTY && { screen: process.stderr }),
  ...(process.stdout.isTTY && { display: process.stdout }),
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  stop: stop.signal,
})
// Nothing is left to stop: a signal now means not to wait for a reader that does not read.
const signalled = new Promise((resolve) => process.once('SIGTERM', resolve).once('SIGINT', resolve))
await Promise.race([Promise.all([written(process.stdout), written(process.stderr)]), signalled])
process.exit(exitCode)
