// The demo's own process, started by scripts/demo.mjs as the first of a process group.
import { setTimeout as sleep } from 'node:timers/promises'
import { runDemo } from './demo.js'
import { DemoError, type DemoOptions } from './options.js'
import { Screen } from './screen.js'

/** What shells report of a program that Ctrl-C ended: 128 + SIGINT. */
const interruptedCode = 130

/** After Ctrl-C: time for whatever is underway to notice. Then the servers are simply killed; a compose project needs longer. */
const graceMs = { local: 3_000, docker: 30_000, keep: 90_000 }

const options = JSON.parse(process.argv[2] ?? '') as DemoOptions
const stop = new AbortController()
const screen = new Screen()

// Ctrl-C has reached every process of the group already; that scripts/demo.mjs has vanished, none has seen.
process.on('disconnect', () => process.kill(0, 'SIGINT'))
process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(interruptedCode)
  stop.abort()
})

process.exit(await Promise.race([demo(), afterInterrupt()]))

async function demo(): Promise<number> {
  try {
    return await runDemo(options, screen, stop.signal)
  } catch (error) {
    screen.endLine()
    if (stop.signal.aborted) return interruptedCode
    console.error(`\n${messageOf(error)}`)
    return 1
  }
}

/** A stack trace is for a bug of the demo, not for trouble that it knows. */
function messageOf(error: unknown): string {
  if (error instanceof DemoError) return error.message
  return error instanceof Error ? error.message : String(error)
}

async function afterInterrupt(): Promise<number> {
  if (!stop.signal.aborted) await new Promise((resolve) => stop.signal.addEventListener('abort', resolve))
  await sleep(options.keep ? graceMs.keep : options.docker ? graceMs.docker : graceMs.local)
  return interruptedCode
}
