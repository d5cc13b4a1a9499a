import { styleText } from 'node:util'
import { printable } from '../table.js'
import type { Display } from '../terminal.js'

/** How a line looks where there are colours. Its words say the same without. */
export type Tone = keyof typeof STYLES

/** The ANSI colours, which every theme of a terminal makes readable. */
const STYLES = {
  title: 'bold',
  bad: 'red',
  unsure: 'yellow',
  faint: 'dim',
} as const

/** A line of what is shown to people. */
export interface Line {
  text: string
  tone?: Tone | undefined
}

export const BLANK: Line = { text: '' }

/** What lines stand on. */
export interface Paper {
  /** Characters in a line; infinite where nothing wraps or cuts. */
  columns: number
  hasColors: boolean
}

/** What lines are made for. */
export interface View extends Pick<Paper, 'columns'> {
  nowMs: number
}

/** As wide as most windows are; of a terminal that does not know. */
const USUAL_COLUMNS = 80

export function paperOf(display: Display | undefined): Paper {
  if (!display) return { columns: Infinity, hasColors: false }
  return { columns: display.columns || USUAL_COLUMNS, hasColors: display.hasColors() }
}

/** Cut at the paper's edge, which a mark tells. Nothing in it can steer a terminal. */
export function painted({ text, tone }: Line, { columns, hasColors }: Paper): string {
  const safe = printable(text)
  const cut = safe.length > columns ? `${safe.slice(0, columns - 1)}…` : safe
  return tone && hasColors ? styleText(STYLES[tone], cut, { validateStream: false }) : cut
}

/** Words in as many lines as they need, each behind `indent`. A longer word stands alone. */
export function paragraph({ text, tone }: Line, { columns }: Pick<View, 'columns'>, indent = ''): Line[] {
  const lines: string[] = []
  for (const word of printable(text).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(indent + word)
  }
  return lines.map((line) => ({ text: line, tone }))
}
