import { createDestination } from '../destinations/registry.js'
import { createLogger } from '../runtime/logger.js'
import type { PartitionEnds } from '../source/kafka-offsets.js'
import { createKafkaWriter } from '../source/kafka-writer.js'
import { requireKnownConnector } from './connector-filter.js'
import { LetterReplay, type ReplayParts, type ReplayResult } from './dead-letter-batches.js'
import { idOf, type Letter } from './dead-letter-records.js'
import { endsOfLetters, recordsBetween, surveyLetters, type Survey } from './dead-letter-topic.js'
import { fits, noSuchLetter, type DeadLettersOptions, type LetterFilter } from './dead-letters.js'
import { withKafka } from './kafka-session.js'
import { patienceOf } from './patience.js'
import { printable } from './table.js'
import type { ExitCode, Terminal } from './terminal.js'

export interface ReplayOptions extends DeadLettersOptions, LetterFilter {
  /** Only tell what could be delivered. */
  dryRun: boolean
  /** How long to go on with what may pass by itself, milliseconds. */
  wait: number
}

/** So many letters, or bytes of them, are in memory at once. */
const BATCH_LETTERS = 200
const BATCH_BYTES = 16 << 20

/**
 * `dead-letters replay`: delivers the events of letters that are deliverable now. Exit code 1 when some are not. `USAGE` for
 * a connector that there is not.
 *
 * Nothing twice, as in delivery: first it is decided what is written (an intent, acknowledged, and read back: the first
 * of a letter counts, whoever wrote it), then the object is written under a key that follows from the intent, then the
 * letter is marked. A repetition after a crash, or beside another process, writes the same bytes to the same key; into a
 * stream, it writes the same record once more.
 */
export function replayDeadLetters(options: ReplayOptions, terminal: Terminal): Promise<ExitCode> {
  return withKafka(options.config, terminal, async (project, topic) => {
    const results: ReplayResult[] = []
    const report = (result: ReplayResult) => {
      results.push(result)
      if (!options.json) terminal.out(lineOf(result))
    }
    const { kafka, service } = project.configuration
    const ends = await endsOfLetters(topic)
    const survey = await surveyLetters(ends, topic)
    requireKnownConnector(options.connector, project.configuration, [...survey.letters.values()])
    const writer = createKafkaWriter({ kafka, logger: createLogger(service.log) })
    try {
      const { dryRun, wait } = options
      const opened = { ...topic, project, writer, openDestination: createDestination, ...patienceOf(wait, terminal) }
      const parts = { ...opened, survey, dryRun, report }
      await replayAll(ends, chosen(options, survey), parts)
    } finally {
      await writer.close()
    }
    if (options.json) terminal.out(JSON.stringify(results, null, 2))
    else terminal.out(sumOf(results))
    const isDone = results.every(({ reason }) => reason === undefined) && !terminal.stop.aborted
    return isDone ? 0 : 1
  })
}

/** Ids of the letters to deliver. One that is named has to exist; those that are delivered already are left alone. */
function chosen(options: ReplayOptions, { letters, replayed }: Survey): Set<string> {
  if (options.id !== undefined && !letters.has(options.id)) throw noSuchLetter(options.id)
  const wanted = [...letters.values()].filter((letter) => fits(options, letter) && !replayed.has(letter.id))
  return new Set(wanted.map(({ id }) => id))
}

async function replayAll(ends: readonly PartitionEnds[], ids: Set<string>, parts: ReplayParts): Promise<void> {
  const replay = new LetterReplay(ends, parts)
  let batch: Letter[] = []
  let bytes = 0
  try {
    for await (const record of recordsBetween(ends, parts)) {
      if (parts.stop.aborted) return
      if (record.kind !== 'letter' || !ids.delete(idOf(record.origin))) continue
      batch.push(record)
      bytes += record.event.value?.length ?? 0
      if (batch.length < BATCH_LETTERS && bytes < BATCH_BYTES) continue
      await replay.deliver(batch)
      ;[batch, bytes] = [[], 0]
    }
    await replay.deliver(batch)
  } finally {
    await replay.close()
  }
}

function lineOf({ id, outcome, object, eventId, reason, message }: ReplayResult): string {
  if (reason === undefined) return printable(`${id}  ${outcome}  ${object ?? `event ${eventId}`}`)
  return printable(`${id}  ${outcome}  ${reason}: ${message ?? ''}`)
}

const OUTCOMES = ['replayed', 'deliverable', 'undeliverable', 'failed'] as const

function sumOf(results: readonly ReplayResult[]): string {
  if (results.length === 0) return 'no dead letters to replay'
  const count = (wanted: ReplayResult['outcome']) => results.filter(({ outcome }) => outcome === wanted).length
  return OUTCOMES.flatMap((outcome) => (count(outcome) > 0 ? `${count(outcome)} ${outcome}` : [])).join(', ')
}
