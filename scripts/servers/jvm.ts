import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Kafka 4 and S3Proxy 4 are compiled for it. */
const oldestJava = 17

/** A server that has not ended this long after SIGTERM is killed. Kafka needs 1 to 3 s. */
const stopTimeoutMs = 20_000

export interface JvmCommand {
  /** Every jar in here is on the class path. */
  jars: string
  mainClass: string
  args: string[]
  heapMiB: number
  /** `name=value`, each passed as -D. */
  systemProperties?: string[]
  /** Everything the program prints is appended to it. */
  logFile: string
  /** Removed when the program had to be ended because the one who started it was gone. */
  temporaryFolder?: string | undefined
}

const java = () => (process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java')

/** Rejects, saying what to install, unless Java 17 or newer is there (in JAVA_HOME or on the path). */
export async function requireJava(): Promise<void> {
  const howTo = `install Java ${oldestJava} or newer (Debian: apt-get install openjdk-17-jre-headless)`
  const { stderr } = await promisify(execFile)(java(), ['-version']).catch((error: unknown) => {
    throw new Error(`Java is missing: ${howTo}`, { cause: error })
  })
  const version = Number(/version "(\d+)/.exec(stderr)?.[1])
  if (!(version >= oldestJava)) throw new Error(`Java is too old (${stderr.split('\n')[0]}): ${howTo}`)
}

/** Starts quickly and stays small: these servers live for seconds or minutes, several of them on two cores. */
function javaArguments(command: Omit<JvmCommand, 'logFile'>): string[] {
  const { jars, mainClass, args, heapMiB, systemProperties = [] } = command
  const flags = [`-Xmx${heapMiB}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  return [...flags, ...systemProperties.map((property) => `-D${property}`), '-cp', join(jars, '*'), mainClass, ...args]
}

/** Runs a Java program to its end; rejects with what it printed when it fails. */
export async function runJava(command: Omit<JvmCommand, 'logFile'>): Promise<void> {
  await promisify(execFile)(java(), javaArguments(command)).catch((error: unknown) => {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command.mainClass} failed:\n${stdout}${stderr}`, { cause: error })
  })
}

/** Shell: $0 is the process to end, $1 the folder to remove, if any. */
const whenOrphaned = 'cat; kill -9 "$0"; [ -z "$1" ] || rm -rf "$1"'

/**
 * A Java program that runs until it is told to stop, or until this process ends, however that happens: a tiny shell
 * waits for its standard input to close, which the operating system does for it even after `kill -9`.
 * It has a process group of its own, so that Ctrl-C on a terminal reaches only the one who started it.
 */
export class Jvm {
  /** Resolves when the program is gone. */
  readonly ended: Promise<unknown>

  private constructor(
    private readonly process: ChildProcess,
    readonly pid: number,
    private readonly command: JvmCommand,
  ) {
    this.ended = once(process, 'exit')
    const watchdog = spawn('sh', ['-c', whenOrphaned, String(pid), command.temporaryFolder ?? ''], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    // Killed before its input closes: by then the process number may be somebody else's.
    process.once('exit', () => watchdog.kill('SIGKILL'))
  }

  static async start(command: JvmCommand): Promise<Jvm> {
    const log = await open(command.logFile, 'a')
    try {
      const process = spawn(java(), javaArguments(command), { stdio: ['ignore', log.fd, log.fd], detached: true })
      await once(process, 'spawn')
      return new Jvm(process, process.pid!, command)
    } finally {
      await log.close()
    }
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null
  }

  /** The last lines that the program printed. */
  async lastLines(): Promise<string> {
    return (await readFile(this.command.logFile, 'utf8')).split('\n').slice(-30).join('\n')
  }

  /** Ends the program in its own orderly way; resolves when it is gone. */
  async stop(): Promise<void> {
    if (!this.isRunning) return
    this.resume()
    this.process.kill('SIGTERM')
    const hard = setTimeout(() => this.process.kill('SIGKILL'), stopTimeoutMs)
    await this.ended
    clearTimeout(hard)
  }

  /** kill -9; resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.isRunning) return
    this.process.kill('SIGKILL')
    await this.ended
  }

  /** Stands still, connections open, until `resume`. */
  suspend(): void {
    this.process.kill('SIGSTOP')
  }

  resume(): void {
    this.process.kill('SIGCONT')
  }
}
