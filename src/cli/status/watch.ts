import { instantText } from '../../health/page/times.js'
import type { Clock } from '../../runtime/clock.js'
import { MillraceError } from '../../runtime/errors.js'
import type { Display, ExitCode, Terminal } from '../terminal.js'
import { BLANK, painted, paperOf, paragraph, type Line, type View } from './line.js'
import type { Found } from './overview.js'
import { screenLines } from './screen.js'

/** Often enough to see things happen, seldom enough for an instance or a broker not to notice. */
const EVERY_MS = 2_000

/** Asks again and again and shows it, in place on a terminal, until a signal; resolves to 0. Rejects where asking again is no use. */
export async function watch(look: () => Promise<Found>, terminal: Terminal, clock: Clock): Promise<ExitCode> {
  const { stop, display } = terminal
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }))
  const canvas = display ? new DrawnInPlace(display) : new PrintedAgain(terminal)
  try {
    while (!stop.aborted) {
      const found = await Promise.race([attempt(look), stopped])
      if (found) canvas.show((columns) => frameOf(found, { nowMs: clock.nowMs(), columns }))
      await clock.sleep(EVERY_MS, stop)
    }
    return 0
  } finally {
    canvas.close()
  }
}

/** What was found, or why nothing is: an outage passes, and whoever watches wants to see that. */
async function attempt(look: () => Promise<Found>): Promise<Found | MillraceError> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof MillraceError && !['USAGE', 'CONFIGURATION'].includes(error.code)) return error
    throw error
  }
}

function frameOf(found: Found | MillraceError, view: View): Line[] {
  const time = instantText(view.nowMs)
  if (found instanceof MillraceError) {
    return [{ text: time, tone: 'title' }, ...paragraph({ text: found.message, tone: 'bad' }, view)]
  }
  const { from, note, overview } = found
  const why = note === undefined ? [] : paragraph({ text: note, tone: 'unsure' }, view)
  return [{ text: `${time}, from ${from}`, tone: 'title' }, ...why, BLANK, ...screenLines(overview, view)]
}

type Frame = (columns: number) => Line[]

/** One frame behind the other, for pipes and files. */
class PrintedAgain {
  constructor(private readonly terminal: Terminal) {}

  show(frame: Frame): void {
    const paper = paperOf(undefined)
    for (const line of [...frame(paper.columns), BLANK]) this.terminal.out(painted(line, paper))
  }

  close(): void {}
}

/** Of a terminal that does not know its height. */
const USUAL_ROWS = 24

/** Control sequences that every terminal of today understands (xterm: ctlseqs). */
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/** Each frame over the one before, on a screen of its own: what was there before comes back at the end. */
class DrawnInPlace {
  #frame: Frame | undefined
  readonly #draw = () => this.#drawNow()

  constructor(private readonly display: Display) {
    display.write(ENTER)
    display.on('resize', this.#draw)
  }

  show(frame: Frame): void {
    this.#frame = frame
    this.#drawNow()
  }

  close(): void {
    this.display.off('resize', this.#draw)
    this.display.write(LEAVE)
  }

  /** In one write, without an empty screen in between: nothing flickers. */
  #drawNow(): void {
    if (!this.#frame) return
    const paper = paperOf(this.display)
    const lines = fitted(this.#frame(paper.columns), this.display.rows || USUAL_ROWS)
    // Cleared before it is written: behind the last column it would take the last character away.
    const drawn = lines.map((line) => CLEAR_LINE + painted(line, paper))
    this.display.write(HOME + drawn.join('\r\n') + CLEAR_BELOW)
  }
}

function fitted(lines: Line[], rows: number): Line[] {
  if (lines.length <= rows) return lines
  const left = lines.length - rows + 1
  return [...lines.slice(0, rows - 1), { text: `… ${left} more lines: make the window higher`, tone: 'unsure' }]
}
