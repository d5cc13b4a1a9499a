import type { ConnectorSettings } from '../config/configuration.js'
import { createTranscoder } from '../events/json-transcoder.js'
import type { RecordView } from '../source/source.js'
import { Checklist, ok, skipped, type CheckResult, type Finding } from '../runtime/checklist.js'
import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import { createKafkaOffsets } from '../source/kafka-offsets.js'
import { createKafkaReader } from '../source/kafka-reader.js'
import type { Project } from './project.js'

interface CoverageParts extends Project {
  /** What has been found of Kafka: a topic that cannot be read has no sample. */
  found: readonly CheckResult[]
  clock: Clock
}

/** Of a topic: enough to meet the types that make up a hundredth of it, read in a second. */
const SAMPLE_RECORDS = 1_000

/** Whether the newest events in the connector's topics can be delivered with the schemas there are. */
export async function checkCoverage(connector: ConnectorSettings, parts: CoverageParts): Promise<CheckResult[]> {
  const list = new Checklist(parts.clock)
  for (const topic of connector.topics) {
    const reading = parts.found.find(({ name, resource }) => name === 'kafka:Read' && resource === topic)
    const isReadable = reading?.status === 'ok'
    await list.check({ name: 'schemas', resource: topic }, () =>
      isReadable ? coverageOf(topic, connector, parts) : skipped('not looked at: needs kafka:Read'),
    )
  }
  return list.results
}

async function coverageOf(topic: string, connector: ConnectorSettings, parts: CoverageParts): Promise<Finding> {
  const tally = new Tally()
  const { events, fields } = connector
  const onUnknownField = (eventType: string) => tally.unknownField(eventType)
  try {
    const transcoder = createTranscoder({ catalogue: parts.catalogue, events, fields, onUnknownField })
    await sample(topic, parts, (record) => {
      const outcome = transcoder.transcode(record, null)
      tally.count(outcome.verdict === 'rejected' ? outcome.rejection.reason : outcome.verdict)
    })
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return { status: 'failed', code: error.code, message: error.message }
  }
  return tally.finding()
}

/** The newest records of every partition, `SAMPLE_RECORDS` together; none is committed. */
async function sample(topic: string, { configuration }: CoverageParts, each: (record: RecordView) => void) {
  const { kafka } = configuration
  const [offsets, reader] = [createKafkaOffsets({ kafka }), createKafkaReader({ kafka })]
  try {
    const ends = await offsets.ends([topic])
    const share = Math.ceil(SAMPLE_RECORDS / ends.length)
    for (const end of ends) {
      const newest = { ...end, low: Math.max(end.low, end.high - share) }
      for await (const chunk of reader.chunks(newest))
        chunk.forEach((record) => record.offset < end.high && each(record))
    }
  } finally {
    await Promise.all([offsets.close(), reader.close()])
  }
}

/** Verdicts and reasons by how often they came. */
class Tally {
  readonly #counts = new Map<string, number>()
  readonly #unknownFields = new Map<string, number>()

  count(outcome: string): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1)
  }

  unknownField(eventType: string): void {
    this.#unknownFields.set(eventType, (this.#unknownFields.get(eventType) ?? 0) + 1)
  }

  finding(): Finding {
    const delivered = this.#of('encoded')
    const left = this.#of('filtered') + this.#of('tombstone')
    const all = [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
    const refused = all - delivered - left
    if (all === 0) return ok('the topic is empty')
    const summary = `of the newest ${all} records ${delivered} can be delivered, ${left} are left out`
    if (refused > 0) return this.#refused(`${summary}, ${refused} would become dead letters`, delivered)
    return this.#unknownFields.size > 0 ? this.#withoutPlace(summary) : ok(summary)
  }

  #refused(summary: string, delivered: number): Finding {
    const reasons = [...this.#counts].filter(([outcome]) => !VERDICTS.includes(outcome)).sort()
    const message = `${summary} (${reasons.map(([reason, count]) => `${reason} ${count}`).join(', ')})`
    const hint = 'Add the schemas that are missing to service.schemas, or look at what is produced.'
    // A topic of something else entirely is a mistake; a few broken events are a producer's business.
    return { status: delivered === 0 ? 'failed' : 'warning', code: 'DEAD_LETTERS_AHEAD', message, hint }
  }

  #withoutPlace(summary: string): Finding {
    const types = [...this.#unknownFields].map(([eventType, fields]) => `${eventType} ${fields}`).join(', ')
    const message = `${summary}; fields that their schemas do not have are left out (${types})`
    const hint = 'Add newer versions of these schemas to service.schemas to deliver the fields.'
    return { status: 'warning', code: 'UNKNOWN_FIELDS', message, hint }
  }

  #of(outcome: string): number {
    return this.#counts.get(outcome) ?? 0
  }
}

const VERDICTS = ['encoded', 'filtered', 'tombstone']
