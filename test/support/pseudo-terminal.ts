import { spawn, type ChildProcess } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { onTestFinished } from 'vitest'
import { eventually } from './eventually.js'
import { PROGRAM } from './millrace-process.js'

/** Runs a program in a terminal of its own and passes on what is typed and what appears. */
const RELAY = `
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])) & 255)
`

const inAWindow = (columns: number) => ['sh', '-c', `stty rows 50 cols ${columns}; exec "$@"`, 'sh']

/** The program in front of a person: standard input, output and error are one terminal. Killed when the test ends. */
export class PseudoTerminal {
  /** Everything that ever appeared, without colours and movements of the cursor. */
  screen = ''
  /** The same with them. */
  raw = ''
  /** Resolves to the exit code. */
  readonly exited: Promise<number | null>
  readonly #child: ChildProcess
  #seen = 0

  constructor(
    args: readonly string[],
    { cwd, env, columns = 160 }: { cwd: string; env?: Record<string, string>; columns?: number },
  ) {
    const program = [...inAWindow(columns), process.execPath, ...PROGRAM, ...args]
    // A person's terminal: in CI Node would say that it has no colours.
    const unset = { NO_COLOR: undefined, FORCE_COLOR: undefined, CI: undefined }
    const environment = { ...process.env, ...unset, NODE_OPTIONS: '', TERM: 'xterm' }
    this.#child = spawn('python3', ['-c', RELAY, ...program], { cwd, env: { ...environment, ...env } })
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.raw += chunk
      this.screen += stripVTControlCharacters(chunk)
    })
    this.exited = new Promise((resolve) => this.#child.once('close', (code) => resolve(code)))
    onTestFinished(async () => {
      this.#child.kill('SIGKILL')
      await this.exited
    })
  }

  /** Waits until `question` appears after what was answered last, then types `keys`. */
  async answers(question: string, keys: string): Promise<void> {
    const appeared = () => this.screen.indexOf(question, this.#seen)
    await eventually(() => appeared() >= 0).catch((error: unknown) => {
      throw new Error(`"${question}" never appeared, but: ${this.screen.slice(this.#seen)}`, { cause: error })
    })
    this.#seen = this.screen.length
    this.#child.stdin?.write(keys)
  }
}

export const ENTER = '\r'
export const CTRL_C = '\u0003'
