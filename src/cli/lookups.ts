import { MillraceError } from '../runtime/errors.js'
import type { DeadLetterReport, DropReport } from '../health/operations.js'
import type { Lookups } from '../service/operator.js'
import { documentOf } from './drops/list.js'
import { readDrops } from './drops/ledger.js'
import { endsOfLetters, surveyLetters, type LetterSummary } from './dead-letter-topic.js'
import { withSession } from './kafka-session.js'
import type { Project } from './project.js'
import { checkConnector } from './test-connector.js'

/** Of each partition of the dead-letter topic: a page shows some tens, and must not read a topic of millions. */
const NEWEST_LETTERS = 2_000

/** What the API of a running instance answers as the commands do: `test`, `drops list`, `dead-letters list`. */
export function lookupsOf(project: Project): Lookups {
  const { kafka, connectors } = project.configuration
  return {
    test: (name, stop) => {
      const connector = connectors.find((candidate) => candidate.name === name)
      if (!connector) throw new MillraceError('USAGE', `${name}: there is no such connector`)
      // A person waits, and can ask again.
      return checkConnector(connector, { project, waitMs: 0, say: () => undefined, stop })
    },
    drops: async (connector, most) => {
      const drops = await withSession(kafka, readDrops)
      const wanted = drops.filter((drop) => connector === undefined || drop.connector === connector)
      return wanted.slice(-most).reverse().map(documentOf) satisfies DropReport[]
    },
    deadLetters: (connector, most) =>
      withSession(kafka, async (session) => {
        const ends = await endsOfLetters(session)
        const newest = ends.map((end) => ({ ...end, low: Math.max(end.low, end.high - NEWEST_LETTERS) }))
        const { letters } = await surveyLetters(newest, session)
        const wanted = [...letters.values()].filter((letter) => letter.connector === connector)
        return wanted.sort(newestFirst).slice(0, most).map(reportOf)
      }),
  }
}

const newestFirst = (a: LetterSummary, b: LetterSummary) => b.failedAt.localeCompare(a.failedAt) || b.offset - a.offset

function reportOf({ topic, partition, offset, failedAt, reason }: LetterSummary): DeadLetterReport {
  return { topic, partition, offset, atMs: Date.parse(failedAt), reason, eventType: null }
}
