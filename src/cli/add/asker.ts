import { isCancel, password, select, text } from '@clack/prompts'
import type { Terminal } from '../terminal.js'

/** Somebody who wanted no more: Ctrl-C, or a signal. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

export interface Choice<Value> {
  value: Value
  label: string
  hint?: string
}

interface TextQuestion {
  message: string
  /** What is there to begin with. */
  initial?: string
  /** What is wrong with an answer; undefined when nothing is. */
  problem: (answer: string) => string | undefined
}

/** Puts questions to a person. Every answer may instead reject with `Cancelled`. */
export interface Asker {
  text: (question: TextQuestion) => Promise<string>
  /** The answer is never shown. */
  hidden: (question: Omit<TextQuestion, 'initial'>) => Promise<string>
  choose: <Value extends string>(message: string, choices: readonly Choice<Value>[], initial?: Value) => Promise<Value>
  tell: (lines: readonly string[]) => void
}

/** Undefined where there is no person to ask. */
export function askerAt({ stdin, screen, stop }: Terminal): Asker | undefined {
  if (!screen) return undefined
  // Each question listens to a signal of its own: they never stop listening.
  const streams = () => ({ input: stdin, output: screen, signal: AbortSignal.any([stop]) })
  const validate = (problem: TextQuestion['problem']) => (answer: string | undefined) => problem((answer ?? '').trim())
  return {
    async text({ message, initial = '', problem }) {
      return answered(await text({ message, initialValue: initial, validate: validate(problem), ...streams() }))
    },
    async hidden({ message, problem }) {
      const answer = await password({ message, validate: validate(problem), clearOnError: true, ...streams() })
      return answered(answer)
    },
    async choose<Value extends string>(message: string, choices: readonly Choice<Value>[], initial?: Value) {
      const options = choices.map(({ value, label, hint }) => ({
        value: value,
        label,
        ...(hint && { hint }),
      }))
      const first = initial !== undefined && { initialValue: initial as string }
      return answered(await select<string>({ message, options, ...first, ...streams() })) as Value
    },
    tell: (lines) => void screen.write(`${lines.join('\n')}\n`),
  }
}

/** Pasted text often has spaces around it. */
function answered(answer: string | symbol | undefined): string {
  if (isCancel(answer)) throw new Cancelled()
  return String(answer ?? '').trim()
}
