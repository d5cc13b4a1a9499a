import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'

/** What a process has used. */
export interface Usage {
  cpuSeconds: number
  /** The most memory it has held at a time. */
  peakMB: number
}

/** What an instance was told to do last. */
type Order = 'run' | 'freeze' | 'stop' | 'kill'

export interface InstanceParts {
  name: string
  /** `main.js` of the built program. */
  program: string
  configFile: string
  env: Record<string, string>
  /** Everything it prints is appended to it. */
  logFile: string
}

/**
 * One process of the built program. It ends with this process, however that ends: a tiny shell waits for its standard
 * input to close and then kills it, also when it is stopped by SIGSTOP.
 */
export class Instance {
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  #order: Order = 'run'
  #usage: Usage = { cpuSeconds: 0, peakMB: 0 }

  private constructor(
    private readonly parts: InstanceParts,
    process: ChildProcess,
  ) {
    this.#process = process
    this.#ended = once(process, 'exit')
    const watchdog = spawn('sh', ['-c', 'cat; kill -9 "$0"', String(process.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    // Killed before its input closes: by then the process number may be somebody else's.
    process.once('exit', () => watchdog.kill('SIGKILL'))
  }

  static async start(parts: InstanceParts): Promise<Instance> {
    const { program, configFile, env, logFile } = parts
    const log = openSync(logFile, 'a')
    try {
      const args = [program, 'run', '--config', configFile]
      const child = spawn(process.execPath, args, { stdio: ['ignore', log, log], env })
      await once(child, 'spawn')
      return new Instance(parts, child)
    } finally {
      closeSync(log)
    }
  }

  get name(): string {
    return this.parts.name
  }

  /** True unless it was told to freeze, to stop or to die. */
  get isAtWork(): boolean {
    return this.#order === 'run'
  }

  /** Gone, whoever is to blame. */
  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** As it was told to end; zeros before, and where the system does not say. */
  get usage(): Usage {
    return this.#usage
  }

  /** kill -9; resolves when it is gone. */
  async kill(): Promise<void> {
    // One that has ended by itself is not excused by being killed afterwards.
    if (this.hasEnded) return
    this.#order = 'kill'
    this.#usage = usageOf(this.#process.pid)
    this.#process.kill('SIGKILL')
    await this.#ended
  }

  /** Stands still, with its connections open, until `thaw`. */
  freeze(): void {
    this.#order = 'freeze'
    this.#process.kill('SIGSTOP')
  }

  thaw(): void {
    this.#order = 'run'
    this.#process.kill('SIGCONT')
  }

  /** SIGTERM; resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.hasEnded) return
    this.#order = 'stop'
    this.#usage = usageOf(this.#process.pid)
    this.#process.kill('SIGTERM')
    await this.#ended
  }

  /** Where it serves its metrics; undefined before it has said so. */
  get url(): string | undefined {
    return /"url":"([^"]+)"/.exec(readFileSync(this.parts.logFile, 'utf8'))?.[1]
  }

  /** The connector's state, by the last line of its log that tells one. */
  lastState(): string | undefined {
    return readFileSync(this.parts.logFile, 'utf8')
      .match(/(?<="state":")[^"]+/g)
      ?.at(-1)
  }

  /** What is wrong with how it has ended, or with what it has said; undefined when nothing is. */
  failure(): string | undefined {
    const { exitCode, signalCode } = this.#process
    const log = readFileSync(this.parts.logFile, 'utf8')
    const bug = /this is a bug[^]{0,1000}/.exec(log)?.[0]
    if (bug) return `${this.name}: ${bug}`
    if (this.#order === 'kill' || !this.hasEnded) return undefined
    if (this.#order === 'stop' && exitCode === 0) return undefined
    // Told to stop before Node.js had loaded it: there was nothing to hand over yet.
    if (this.#order === 'stop' && signalCode === 'SIGTERM' && log === '') return undefined
    return `${this.name} was told to ${this.#order} and ended with ${exitCode ?? signalCode}: ${log.slice(-1000)}`
  }
}

/** From Linux's `/proc` [proc(5)]: user and system time in hundredths of a second, the peak of resident memory in kB. */
function usageOf(pid: number | undefined): Usage {
  try {
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
    const [userTime, systemTime] = rest.split(' ').slice(11, 13).map(Number) as [number, number]
    const peak = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return { cpuSeconds: (userTime + systemTime) / 100, peakMB: Number(peak) / 1000 }
  } catch {
    return { cpuSeconds: 0, peakMB: 0 }
  }
}
