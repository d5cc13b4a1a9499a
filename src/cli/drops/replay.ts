import { isStream } from '../../config/rules.js'
import { createDestination } from '../../destinations/registry.js'
import { createLogger } from '../../runtime/logger.js'
import { createKafkaWriter } from '../../source/kafka-writer.js'
import { groupBy } from '../../source/topic-partitions.js'
import { endsOfLetters, surveyLetters } from '../dead-letter-topic.js'
import { withKafka, type KafkaSession } from '../kafka-session.js'
import { patienceOf } from '../patience.js'
import type { Project } from '../project.js'
import { printable } from '../table.js'
import type { ExitCode, Terminal } from '../terminal.js'
import { readDrops } from './ledger.js'
import { RangeReplay, type RangeReplayParts, type ReplayResult } from './range-replay.js'
import type { Stretch } from './remains.js'
import { targetsOf, type ReplayTarget, type TargetOptions } from './targets.js'

export interface ReplayOptions extends TargetOptions {
  config: string
  json: boolean
  partial: boolean
  dryRun: boolean
  /** How long to go on with what may pass by itself, milliseconds. */
  wait: number
}

/**
 * `millrace replay`: delivers what was dropped after all, while Kafka has it. Exit code 0 when everything named is in the
 * destination, 1 when not. It is no member of the connector's group and commits nothing there.
 */
export function replay(options: ReplayOptions, terminal: Terminal): Promise<ExitCode> {
  return withKafka(options.config, terminal, async (project, session) => {
    const targets = targetsOf(options, await readDrops(session), project.configuration)
    warnOfUncovered(targets, terminal)
    const results = await replayAll(targets, options, { project, session, terminal })
    if (options.json) terminal.out(JSON.stringify(results, null, 2))
    else terminal.out(sumOf(results))
    return results.every(({ reason }) => reason === undefined) ? 0 : 1
  })
}

interface ReplayContext {
  project: Project
  session: KafkaSession
  terminal: Terminal
}

async function replayAll(targets: readonly ReplayTarget[], options: ReplayOptions, context: ReplayContext) {
  const { project, session, terminal } = context
  const { kafka, service } = project.configuration
  const writer = createKafkaWriter({ kafka, logger: createLogger(service.log) })
  const deadLettered = await deadLetteredOffsets(targets, session)
  const { instance } = terminal
  const opened = { project, session, writer, openDestination: createDestination }
  const parts = { ...opened, instance, deadLettered, ...patienceOf(options.wait, terminal), ...options }
  const replays = new Map<string, RangeReplay>()
  const results: ReplayResult[] = []
  try {
    // All of them before the first byte leaves: a mistake in the configuration is told before anything is done.
    for (const { connector } of targets) openReplay(replays, connector, parts)
    for (const target of targets) {
      const result = await openReplay(replays, target.connector, parts).replay(target)
      results.push(result)
      if (!options.json) linesOf(result, options.dryRun).forEach((line) => terminal.out(printable(line)))
    }
  } finally {
    await Promise.all([writer.close(), ...[...replays.values()].map((one) => one.close())])
  }
  return results
}

function openReplay(
  replays: Map<string, RangeReplay>,
  connector: ReplayTarget['connector'],
  parts: RangeReplayParts,
): RangeReplay {
  const opened = replays.get(connector.name) ?? new RangeReplay(connector, parts)
  replays.set(connector.name, opened)
  return opened
}

/**
 * Events that an earlier replay has dead-lettered belong to `dead-letters replay`: it may have delivered them since, after a
 * schema was added, in objects of their own.
 */
async function deadLetteredOffsets(targets: readonly ReplayTarget[], session: KafkaSession) {
  const { letters } = await surveyLetters(targets.length > 0 ? await endsOfLetters(session) : [], session)
  const placeOf = (connector: string, { topic, partition }: Pick<Stretch, 'topic' | 'partition'>) =>
    `${connector}/${topic}/${partition}`
  const byPlace = groupBy(letters.values(), (letter) => placeOf(letter.connector, letter))
  return (connector: string, stretch: Stretch) =>
    new Set((byPlace.get(placeOf(connector, stretch)) ?? []).map(({ offset }) => offset))
}

function warnOfUncovered(targets: readonly ReplayTarget[], terminal: Terminal): void {
  for (const { drop, topic, partition, firstOffset, lastOffset, connector } of targets) {
    if (drop) continue
    const place = `${topic}/${partition} ${firstOffset}-${lastOffset}`
    const twice = isStream(connector.destination) ? 'then in the stream twice' : 'then in two objects'
    terminal.err(`${place}: no drop is recorded: these events may have been delivered before, and are ${twice}`)
  }
}

function linesOf(result: ReplayResult, isDryRun: boolean): string[] {
  const { id, topic, partition, firstOffset, lastOffset, outcome, deadLettered, objects, reason } = result
  const place = id ?? `${topic}/${partition} ${firstOffset}-${lastOffset}`
  const counts = `${writtenOf(result)}, ${deadLettered} dead letters`
  const told = [reason, result.message].filter((part) => part !== undefined).join(': ')
  const keys = isDryRun ? objects.map((object) => `  ${object.key}  ${object.events} events`) : []
  return [`${place}  ${outcome}  ${counts}${told && `  ${told}`}`, ...keys]
}

function writtenOf({ objects, records, events }: ReplayResult): string {
  return records === undefined ? `${objects.length} objects, ${events} events` : `${records} records`
}

const OUTCOMES = ['replayed', 'partly-replayed', 'replayable', 'gone', 'failed'] as const

function sumOf(results: readonly ReplayResult[]): string {
  if (results.length === 0) return 'no drops to replay'
  const count = (wanted: ReplayResult['outcome']) => results.filter(({ outcome }) => outcome === wanted).length
  return OUTCOMES.flatMap((outcome) => (count(outcome) > 0 ? `${count(outcome)} ${outcome}` : [])).join(', ')
}
