import type { Problems } from './problems.js'
import { digestOfRecord, type Produced, type WholeRecord } from './produced.js'

const OWN_HEADER = 'millrace.'

export interface DeadLetterFindings {
  letters: number
  /** Letters beyond the first of a record: dead letters are written at least once. */
  repeats: number
}

/** Each poison record is among the dead letters, unchanged, with its reason and where it came from; and nothing else is. */
export function checkDeadLetters(
  letters: readonly WholeRecord[],
  produced: Produced,
  origin: { topic: string; connector: string },
  problems: Problems,
): DeadLetterFindings {
  const found = new Set<string>()
  for (const letter of letters) {
    const position = `${letter.headers['millrace.partition']}/${letter.headers['millrace.offset']}`
    const problem = problemOf(letter, produced, origin)
    if (problem) problems.add('dead letter', `${position}: ${problem}`)
    found.add(position)
  }
  for (const { partition, offset, reason } of produced.poison)
    if (!found.has(`${partition}/${offset}`))
      problems.add('dead letter', `${partition}/${offset} (${reason}) is missing`)
  return { letters: letters.length, repeats: letters.length - found.size }
}

function problemOf(
  { key, value, headers }: WholeRecord,
  produced: Produced,
  origin: { topic: string; connector: string },
): string | undefined {
  const { 'millrace.partition': partition, 'millrace.offset': offset, 'millrace.reason': reason } = headers
  const record = produced.partitions[Number(partition)]?.[Number(offset)]
  if (record?.kind !== 'poison') return `was not produced as poison but as ${record?.kind}`
  if (reason !== record.reason) return `has the reason ${reason} instead of ${record.reason}`
  if (headers['millrace.topic'] !== origin.topic) return `names the topic ${headers['millrace.topic']}`
  if (headers['millrace.connector'] !== origin.connector) return `names another connector`
  const own = Object.entries(headers).filter(([name]) => !name.startsWith(OWN_HEADER))
  if (digestOfRecord({ key, value, headers: Object.fromEntries(own) }) !== record.digest) return 'has been changed'
  return undefined
}
