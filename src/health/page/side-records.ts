import { html } from 'hono/html'
import type { Clock } from '../../runtime/clock.js'
import type { DeadLetterReport, DropReport, Operations } from '../operations.js'
import type { ConnectorReport } from '../report.js'
import { droppedOf } from './columns.js'
import { table } from './connector-tables.js'
import { foreign, NOT_KNOWN, type Html } from './markup.js'
import { countText, sizeText } from './numbers.js'
import { instant } from './times.js'

/** What a page shows of a list; the command line shows all. */
const MOST = 10
/** Somebody else may have replayed a drop: so old may what is shown be. */
const KEPT_FOR_MS = 60_000
/** A page does not wait longer for Kafka; what comes later is there at the next look. */
const PATIENCE_MS = 2_000

/** Entries, or why there are none to be seen. */
export type Found<T> = readonly T[] | 'waiting' | 'unreadable'

interface Records {
  drops: Found<DropReport>
  deadLetters: Found<DeadLetterReport>
}

interface Asked {
  /** How many there were when they were asked for. */
  counts: string
  atMs: number
  answer: Promise<Records>
}

/**
 * The newest entries of drop ledger and dead-letter topic. They are read from Kafka, which takes its time: once for each
 * number of them, and once a minute.
 */
export class SideRecords {
  readonly #asked = new Map<string, Asked>()

  constructor(
    private readonly operations: Operations,
    private readonly clock: Clock,
  ) {}

  async of(report: ConnectorReport): Promise<Records> {
    const late = new AbortController()
    const waiting = this.clock.sleep(PATIENCE_MS, late.signal)
    const records = await Promise.race([this.#ask(report), waiting])
    late.abort()
    return records ?? { drops: 'waiting', deadLetters: 'waiting' }
  }

  #ask(report: ConnectorReport): Promise<Records> {
    const { name, totals } = report
    const counts = `${droppedOf(report)} ${totals.deadLettered}`
    const nowMs = this.clock.nowMs()
    const last = this.#asked.get(name)
    if (last?.counts === counts && nowMs - last.atMs < KEPT_FOR_MS) return last.answer
    const answer = this.#read(name)
    this.#asked.set(name, { counts, atMs: nowMs, answer })
    return answer
  }

  async #read(name: string): Promise<Records> {
    const [drops, deadLetters] = await Promise.allSettled([
      this.operations.drops(name, MOST),
      this.operations.deadLetters(name, MOST),
    ])
    return {
      drops: drops.status === 'fulfilled' ? drops.value : 'unreadable',
      deadLetters: deadLetters.status === 'fulfilled' ? deadLetters.value : 'unreadable',
    }
  }
}

export function dropTable(drops: Found<DropReport>, { name }: ConnectorReport): Html {
  return html`<section id="drops" aria-labelledby="drops-title">
    <h2 id="drops-title">Drop ledger</h2>
    ${found(drops, `millrace drops list --connector ${name}`, (entries) =>
      table(
        ['Dropped at', 'Reason', 'Topic, partition, offsets', 'Events', 'Size', 'Replayed', 'Deliver it after all'],
        entries.map((drop) => [
          instant(Date.parse(drop.droppedAt)),
          html`${drop.reason} ${drop.errorCode ? html`<code>${drop.errorCode}</code>` : null}`,
          html`${foreign(drop.topic)} <small>${drop.partition}: ${drop.firstOffset} to ${drop.lastOffset}</small>`,
          countText(drop.events),
          drop.bytes === null ? NOT_KNOWN : sizeText(drop.bytes),
          drop.replayed && drop.replayedAt ? instant(Date.parse(drop.replayedAt)) : 'no',
          html`<code>millrace replay --drop ${drop.id}</code>`,
        ]),
        'Nothing was dropped.',
      ),
    )}
  </section>`
}

export function deadLetterTable(letters: Found<DeadLetterReport>, { name }: ConnectorReport): Html {
  return html`<section id="dead-letters" aria-labelledby="dead-letters-title">
    <h2 id="dead-letters-title">Dead letters</h2>
    ${found(letters, `millrace dead-letters list --connector ${name}`, (entries) =>
      table(
        ['Topic, partition, offset', 'At', 'Reason', 'Event type'],
        entries.map(({ topic, partition, offset, atMs, reason, eventType }) => [
          html`${foreign(topic)} <small>${partition}: ${offset}</small>`,
          instant(atMs),
          html`<code>${reason}</code>`,
          eventType === null ? NOT_KNOWN : foreign(eventType),
        ]),
        'No event was refused.',
      ),
    )}
  </section>`
}

function found<T>(entries: Found<T>, command: string, show: (entries: readonly T[]) => Html): Html {
  if (entries === 'waiting') return html`<p class="hint">Kafka has not answered yet. Look again in a moment.</p>`
  if (entries === 'unreadable')
    return html`<p class="hint">It could not be read from Kafka. Try <code>${command}</code>.</p>`
  const isAll = entries.length < MOST
  return html`${show(entries)}
  ${isAll ? null : html`<p class="hint">The newest ${MOST}; all by <code>${command}</code>.</p>`}`
}
