import { probeDelayMs, type Random } from '../runtime/backoff.js'
import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import type { Logger } from '../runtime/logger.js'
import { checkOwnTopics } from '../source/kafka-checks.js'
import type { KafkaSettings } from '../source/kafka-settings.js'
import type { KafkaWriter } from '../source/kafka-writer.js'

/**
 * The drop ledger and the dead letters are the last trace of their events. Nothing of that goes away by itself before a
 * person has looked; who must not keep personal data for so long gives the dead letters a retention of their own.
 */
const KEPT: TopicSettings = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' }

/** The newest record of each key; of what nobody renews, a day and an hour. Small segments, so that the rest goes soon. */
const HEALTH: TopicSettings = {
  'cleanup.policy': 'compact,delete',
  'retention.ms': String(25 * 3_600_000),
  'segment.ms': String(600_000),
  'segment.bytes': String(16 << 20),
}

/** What is paused is so until somebody resumes it. */
const CONTROL: TopicSettings = {
  'cleanup.policy': 'compact',
  'retention.ms': '-1',
  'segment.ms': String(24 * 3_600_000),
}

type TopicSettings = Readonly<Record<string, string>>

/** The settings that Millrace gives a topic of its own when it creates it. */
export function ownTopicSettings({ health, control }: { health: string; control: string }) {
  return (topic: string): TopicSettings => (topic === health ? HEALTH : topic === control ? CONTROL : KEPT)
}

export interface OwnTopicsParts {
  kafka: KafkaSettings & { topics: { drops: string; deadLetters: string } }
  writer: Pick<KafkaWriter, 'ensureTopic'>
  clock: Clock
  random: Random
  logger: Logger
}

/**
 * Makes the drop ledger and the dead-letter topic where they are absent, tries again where it cannot, and warns of what is
 * wrong with them. Delivering needs neither, so nothing waits for this. Resolves when it is done, or `signal` aborts.
 */
export async function prepareOwnTopics(parts: OwnTopicsParts, signal: AbortSignal): Promise<void> {
  const { drops, deadLetters } = parts.kafka.topics
  const sideTopics = [drops, deadLetters]
  await Promise.all(sideTopics.map((topic) => makeTopic(topic, parts, signal)))
  if (signal.aborted) return
  const results = await checkOwnTopics(parts.kafka, { sideTopics, ledger: drops }, { clock: parts.clock, signal })
  if (signal.aborted) return
  for (const { resource, status, message, hint = '', code } of results) {
    const line = `${resource}: ${message}. ${hint}`.trimEnd()
    if (status === 'failed' || status === 'warning') parts.logger.warn({ topic: resource, code }, line)
  }
}

async function makeTopic(topic: string, parts: OwnTopicsParts, signal: AbortSignal): Promise<void> {
  const { writer, clock, random, logger } = parts
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      return await writer.ensureTopic(topic)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      if (attempt === 1 && !signal.aborted) logger.warn({ topic, code: error.code }, `${error.message}. ${CONSEQUENCE}`)
      await clock.sleep(probeDelayMs(attempt, random), signal)
    }
  }
}

const CONSEQUENCE =
  'Delivery goes on; what must be recorded there waits. It is tried again; or create it, or grant Create.'
