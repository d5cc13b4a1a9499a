import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { connector } from './configuration.js'
import { DemoError } from './options.js'

const program = join(import.meta.dirname, '..', '..', 'dist', 'main.js')

/** Lines of the log that are shown when the service has failed. */
const shownLogLines = 5

/** The service as a process of its own. */
export interface ServiceProcess {
  /** Resolves to its exit code (null after a signal). */
  ended: Promise<number | null>
  stop(): void
}

interface ServiceOptions {
  configurationFile: string
  logFile: string
  /** Told what comes after the connector's name in a line of progress. */
  onProgress?: (text: string) => void
}

/** Resolves when `millrace run --once` has delivered everything; rejects with the end of its log when it fails. */
export async function deliverAll(options: ServiceOptions): Promise<void> {
  const code = await startService(options, ['--once']).ended
  if (code === 0) return
  const lines = (await readFile(options.logFile, 'utf8')).trimEnd().split('\n').slice(-shownLogLines)
  throw new DemoError(
    `The service has failed (exit ${code ?? 'by a signal'}); the end of ${options.logFile}:\n${lines.join('\n')}`,
  )
}

/** Starts `millrace run`; what it prints goes to the log file. */
export function startService(
  { configurationFile, logFile, onProgress }: ServiceOptions,
  args: string[] = [],
): ServiceProcess {
  const child = spawn(process.execPath, [program, 'run', '--config', configurationFile, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return { ended: endOf(child, logFile, onProgress), stop: () => void child.kill('SIGTERM') }
}

async function endOf(
  child: ChildProcess,
  logFile: string,
  onProgress: ServiceOptions['onProgress'],
): Promise<number | null> {
  const log = createWriteStream(logFile, { flags: 'a' })
  const ended = once(child, 'exit') as Promise<[number | null]>
  const prefix = `${connector}: `
  for await (const line of createInterface(child.stderr!)) {
    log.write(`${line}\n`)
    if (line.startsWith(prefix)) onProgress?.(line.slice(prefix.length))
  }
  log.end()
  await finished(log)
  return (await ended)[0]
}
