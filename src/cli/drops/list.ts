import { MillraceError } from '../../runtime/errors.js'
import { requireKnownConnector } from '../connector-filter.js'
import type { ExitCode, Terminal } from '../terminal.js'
import { withKafka } from '../kafka-session.js'
import { tableOf } from '../table.js'
import { readDrops, type Drop } from './ledger.js'

export interface DropsOptions {
  config: string
  json: boolean
}

export interface DropFilter {
  connector?: string
  reason?: string
}

const REASONS: readonly Drop['reason'][] = ['credentials', 'retention']

/** `drops list`: every entry of the drop ledger once, newest last. `USAGE` for a connector or a reason that there is not. */
export async function listDrops(options: DropsOptions & DropFilter, terminal: Terminal): Promise<ExitCode> {
  requireReason(options.reason)
  const drops = await withKafka(options.config, terminal, async ({ configuration }, session) => {
    const found = await readDrops(session)
    requireKnownConnector(options.connector, configuration, found)
    return found
  })
  const wanted = drops.filter((drop) => fits(options, drop))
  if (options.json) terminal.out(JSON.stringify(wanted.map(documentOf), null, 2))
  else asTable(wanted).forEach((line) => terminal.out(line))
  return 0
}

function requireReason(reason: string | undefined): void {
  if (reason === undefined || REASONS.some((known) => known === reason)) return
  throw new MillraceError('USAGE', `--reason ${reason}: there is no such reason: choose one of ${REASONS.join(', ')}`)
}

function fits({ connector, reason }: DropFilter, drop: Drop): boolean {
  return (connector === undefined || drop.connector === connector) && (reason === undefined || drop.reason === reason)
}

/** With the names of configuration.md first, in their order. */
export function documentOf(drop: Drop) {
  const { id, connector, topic, partition, firstOffset, lastOffset, events, bytes, reason, ...others } = drop
  const { failingSince, droppedAt, errorCode, replayed, replayedAt, ...rest } = others
  const place = { id, connector, topic, partition, firstOffset, lastOffset }
  return { ...place, events, bytes, reason, failingSince, droppedAt, errorCode, replayed, replayedAt, ...rest }
}

const HEADER = [
  'id',
  'connector',
  'partition',
  'offsets',
  'events',
  'bytes',
  'reason',
  'failing since',
  'dropped at',
  'error',
  'replayed',
]

function asTable(drops: readonly Drop[]): string[] {
  if (drops.length === 0) return ['no drops']
  const rows = drops.map((drop) => [
    drop.id,
    drop.connector,
    `${drop.topic}/${drop.partition}`,
    `${drop.firstOffset}-${drop.lastOffset}`,
    String(drop.events),
    String(drop.bytes ?? '-'),
    drop.reason,
    drop.failingSince ?? '-',
    drop.droppedAt,
    drop.errorCode ?? '-',
    drop.replayedAt ?? '-',
  ])
  return tableOf(HEADER, rows)
}
