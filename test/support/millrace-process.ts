import { spawn, type ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { eventually } from './eventually.js'
import { temporaryFolder } from './temporary-folder.js'

const root = new URL('../..', import.meta.url).pathname

/**
 * `npm test` has built the program and says so: it starts in half the time. Else the sources as they are now; tsx is found
 * from the repository, wherever the process works.
 */
export const PROGRAM =
  process.env['MILLRACE_TEST_BUILT'] === 'true'
    ? [join(root, 'dist/main.js')]
    : ['--import', import.meta.resolve('tsx'), join(root, 'src/main.ts')]

/** The program as its own process. Killed when the running test ends, if it still lives. */
class MillraceProcess {
  stdout = ''
  stderr = ''
  /** Resolves to the exit code, or to the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals | null>
  readonly #child: ChildProcess

  constructor(args: readonly string[], options: { cwd: string; env?: Record<string, string>; input?: Buffer }) {
    const env = { ...process.env, ...options.env, NODE_OPTIONS: '' }
    this.#child = spawn(process.execPath, [...PROGRAM, ...args], { cwd: options.cwd, env })
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()))
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    this.#child.stdin?.on('error', () => undefined).end(options.input)
    this.exited = new Promise((resolve) => this.#child.once('close', (code, signal) => resolve(code ?? signal)))
    // Gone before the folder it works in is removed.
    onTestFinished(async () => {
      this.#child.kill('SIGKILL')
      await this.exited
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves when standard error holds `text`; rejects when 90 s pass without it. */
  async says(text: string | RegExp): Promise<void> {
    const holds = () => (typeof text === 'string' ? this.stderr.includes(text) : text.test(this.stderr))
    await eventually(holds).catch((error: unknown) => {
      throw new Error(`it never said ${String(text)}, but: ${this.stderr}`, { cause: error })
    })
  }
}

/** A folder with a configuration file in it, to run the program in. */
export interface Workplace {
  folder: string
  /** Starts the program with these arguments. */
  start: (...args: string[]) => MillraceProcess
  /** Runs it to its end. */
  run: (...args: string[]) => Promise<{ code: number | NodeJS.Signals | null; stdout: string; stderr: string }>
}

/** Writes `millrace.yaml` (JSON is YAML) into a new folder. `configuration` may be any object, or text as it is. */
export async function workplace(configuration: object | string, env: Record<string, string> = {}): Promise<Workplace> {
  const folder = await temporaryFolder()
  const text = typeof configuration === 'string' ? configuration : JSON.stringify(configuration, null, 2)
  await writeFile(join(folder, 'millrace.yaml'), text)
  const start = (...args: string[]) => new MillraceProcess(args, { cwd: folder, env })
  return {
    folder,
    start,
    run: async (...args) => {
      const running = start(...args)
      const code = await running.exited
      return { code, stdout: running.stdout, stderr: running.stderr }
    },
  }
}
