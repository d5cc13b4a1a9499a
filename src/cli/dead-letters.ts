import { isUtf8 } from 'node:buffer'
import { MillraceError } from '../runtime/errors.js'
import { requireKnownConnector } from './connector-filter.js'
import { idOf, type Letter } from './dead-letter-records.js'
import { endsOfLetters, recordsBetween, surveyLetters, type LetterSummary, type Survey } from './dead-letter-topic.js'
import { withKafka } from './kafka-session.js'
import { printable, tableOf } from './table.js'
import type { ExitCode, Terminal } from './terminal.js'

export interface DeadLettersOptions {
  config: string
  json: boolean
}

/** Which letters are meant: all that fit everything named. */
export interface LetterFilter {
  connector?: string
  reason?: string
  id?: string
}

export function fits({ connector, reason, id }: LetterFilter, letter: LetterSummary): boolean {
  return (
    (connector === undefined || letter.connector === connector) &&
    (reason === undefined || letter.reason === reason) &&
    (id === undefined || letter.id === id)
  )
}

/** `dead-letters list`: every dead letter once, without the event itself. `USAGE` for a connector that there is not. */
export async function listDeadLetters(
  options: DeadLettersOptions & LetterFilter,
  terminal: Terminal,
): Promise<ExitCode> {
  const survey = await withKafka(options.config, terminal, async ({ configuration }, parts) => {
    const found = await surveyLetters(await endsOfLetters(parts), parts)
    requireKnownConnector(options.connector, configuration, [...found.letters.values()])
    return found
  })
  const letters = [...survey.letters.values()].filter((letter) => fits(options, letter))
  if (options.json)
    terminal.out(
      JSON.stringify(
        letters.map((letter) => asDocument(letter, survey)),
        null,
        2,
      ),
    )
  else asTable(letters, survey).forEach((line) => terminal.out(line))
  return 0
}

function asDocument(letter: LetterSummary, { replayed }: Survey) {
  const delivered = replayed.get(letter.id)
  return {
    ...letter,
    replayed: delivered !== undefined,
    replayedAt: delivered?.replayedAt ?? null,
    object: delivered?.object ?? null,
  }
}

function asTable(letters: readonly LetterSummary[], { replayed }: Survey): string[] {
  if (letters.length === 0) return ['no dead letters']
  const rows = letters.map(({ id, reason, message, failedAt, bytes, count }) => [
    id,
    reason,
    failedAt,
    String(bytes),
    String(count),
    replayed.get(id)?.replayedAt ?? '-',
    message,
  ])
  return tableOf(['id', 'reason', 'failed at', 'bytes', 'count', 'replayed', 'message'], rows)
}

/** `dead-letters show ID`: one dead letter with its event, which may hold personal data. `USAGE` when there is none. */
export async function showDeadLetter(id: string, options: DeadLettersOptions, terminal: Terminal): Promise<ExitCode> {
  await withKafka(options.config, terminal, async (_project, parts) => {
    const ends = await endsOfLetters(parts)
    const survey = await surveyLetters(ends, parts)
    const summary = survey.letters.get(id)
    if (!summary) throw noSuchLetter(id)
    for await (const record of recordsBetween(ends, parts)) {
      if (record.kind !== 'letter' || idOf(record.origin) !== id) continue
      show(record, asDocument(summary, survey), options.json, terminal)
      break
    }
  })
  return 0
}

export function noSuchLetter(id: string): MillraceError {
  return new MillraceError(
    'USAGE',
    `${id}: there is no such dead letter: see them all with: millrace dead-letters list`,
  )
}

function show({ event, timestampMs }: Letter, summary: object, json: boolean, terminal: Terminal): void {
  const out = (line: string) => terminal.out(line)
  const facts = { ...summary, queuedAt: new Date(timestampMs).toISOString() }
  if (json) {
    const headers = event.headers.map(({ name, value }) => ({ name, ...contentOf('value', value) }))
    const content = { ...contentOf('key', event.key), ...contentOf('value', event.value) }
    return out(JSON.stringify({ ...facts, headers, ...content }, null, 2))
  }
  for (const [name, value] of Object.entries(facts)) out(`${name}: ${printable(String(value ?? '-'))}`)
  for (const { name, value } of event.headers) out(`header ${printable(name)}: ${asText(value)}`)
  out(`key: ${asText(event.key)}`)
  out(`value: ${asText(event.value)}`)
}

/** Bytes that are no text are given in base64, and `…Encoding` says so. */
function contentOf(name: string, bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null }
  return isUtf8(bytes)
    ? { [name]: bytes.toString() }
    : { [name]: bytes.toString('base64'), [`${name}Encoding`]: 'base64' }
}

function asText(bytes: Buffer | null): string {
  return bytes === null ? '(null)' : bytes.toString().split('\n').map(printable).join('\n')
}
