import type { Configuration } from '../config/configuration.js'
import type { Intent } from '../range/intent.js'
import type { KafkaOffsets, PartitionEnds } from '../source/kafka-offsets.js'
import type { KafkaReader } from '../source/kafka-reader.js'
import { idOf, readDeadLetterRecord, type Letter, type Origin, type Replayed } from './dead-letter-records.js'
import { endsOrNone } from '../source/missing-topic.js'

export interface DeadLetterTopicParts {
  kafka: Pick<Configuration['kafka'], 'topics'>
  offsets: Pick<KafkaOffsets, 'ends'>
  reader: Pick<KafkaReader, 'read'>
}

/** What is known of a letter, without its event. */
export interface LetterSummary extends Origin {
  id: string
  reason: string
  message: string
  failedAt: string
  /** Of key and value. */
  bytes: number
  /** Dead letters are written at least once: how often this one was. */
  count: number
}

/** What a stretch of the dead-letter topic tells; all by letter id. */
export interface Survey {
  letters: Map<string, LetterSummary>
  intents: Map<string, Intent>
  replayed: Map<string, Pick<Replayed, 'replayedAt' | 'object'>>
}

export type TopicRecords = AsyncGenerator<NonNullable<ReturnType<typeof readDeadLetterRecord>>, void>

/** What the topic holds now; nothing where there is no such topic yet. */
export function endsOfLetters({ kafka, offsets }: DeadLetterTopicParts): Promise<PartitionEnds[]> {
  return endsOrNone(offsets, kafka.topics.deadLetters)
}

/** Everything of ours between these ends, partition by partition. */
export async function* recordsBetween(ends: readonly PartitionEnds[], parts: DeadLetterTopicParts): TopicRecords {
  for (const partition of ends) {
    for await (const record of parts.reader.read(partition)) {
      const ours = readDeadLetterRecord(record)
      if (ours) yield ours
    }
  }
}

/** Reads it through. Events themselves are not kept: there may be more of them than memory. */
export async function surveyLetters(ends: readonly PartitionEnds[], parts: DeadLetterTopicParts): Promise<Survey> {
  const survey: Survey = { letters: new Map(), intents: new Map(), replayed: new Map() }
  for await (const record of recordsBetween(ends, parts)) {
    const id = idOf(record.origin)
    if (record.kind === 'letter') count(survey.letters, id, record)
    // The first one counts: whoever came later has read it, and obeys it.
    else if (record.kind === 'intent') survey.intents.set(id, survey.intents.get(id) ?? record.intent)
    else survey.replayed.set(id, { replayedAt: record.replayedAt, object: record.object })
  }
  return survey
}

function count(letters: Survey['letters'], id: string, letter: Letter): void {
  const known = letters.get(id)
  if (known) known.count++
  else letters.set(id, summaryOf(id, letter))
}

function summaryOf(id: string, { origin, reason, message, failedAt, event }: Letter): LetterSummary {
  const bytes = (event.key?.length ?? 0) + (event.value?.length ?? 0)
  return { id, ...origin, reason, message, failedAt, bytes, count: 1 }
}
