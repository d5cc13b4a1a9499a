import { withKafka } from '../kafka-session.js'
import { printable } from '../table.js'
import type { ExitCode, Terminal } from '../terminal.js'
import { endsOrNone } from '../../source/missing-topic.js'
import { dropNamed, readDrops, type Drop } from './ledger.js'
import { documentOf, type DropsOptions } from './list.js'
import { remainsOf, type Remains } from './remains.js'

/** `drops show ID`: one entry in full, what Kafka still has of it, and how to deliver that. `USAGE` when there is none. */
export async function showDrop(name: string, options: DropsOptions, terminal: Terminal): Promise<ExitCode> {
  const { drop, remains } = await withKafka(options.config, terminal, async (_project, session) => {
    const drop = dropNamed(await readDrops(session), name)
    return { drop, remains: remainsOf(drop, await endsOrNone(session.offsets, drop.topic)) }
  })
  const { available, gone } = remains
  const replayCommand = available === 'none' || drop.plan === null ? null : commandOf(drop, remains, options.config)
  if (options.json) {
    terminal.out(JSON.stringify({ ...documentOf(drop), kafka: { available, gone }, replayCommand }, null, 2))
  } else linesOf(drop, remains, replayCommand).forEach((line) => terminal.out(printable(line)))
  return 0
}

function commandOf(drop: Drop, { available }: Remains, config: string): string {
  const partial = available === 'part' ? ' --partial' : ''
  const file = config === DEFAULT_CONFIG ? '' : ` --config ${quoted(config)}`
  return `millrace replay --drop ${drop.id}${partial}${file}`
}

const DEFAULT_CONFIG = 'millrace.yaml'

/** For a POSIX shell; nothing to do for the usual names. */
const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`)

function linesOf(drop: Drop, remains: Remains, replayCommand: string | null): string[] {
  const { eventTypes, plan, ...facts } = documentOf(drop)
  return [
    ...Object.entries(facts).map(([name, value]) => `${name}: ${value === null ? '-' : String(value)}`),
    ...Object.entries(eventTypes).map(([eventType, events]) => `events of ${eventType}: ${events}`),
    `plan: ${plan === null ? '-' : JSON.stringify(plan)}`,
    `in Kafka now: ${saidOf(remains)}`,
    `replay: ${replayCommand ?? 'nothing is left to deliver'}`,
  ]
}

function saidOf({ available, gone, isBeyondEnd }: Remains): string {
  if (isBeyondEnd) return 'none of it: the topic ends before it, so it was recreated or has lost records'
  if (available !== 'part' || !gone) return `${available} of it`
  return `part of it: ${gone.firstOffset}-${gone.lastOffset} are gone`
}
