import { writeConfigurationFile } from '../../config/edit-file.js'
import { formatProblems } from '../../config/problem.js'
import { MillraceError } from '../../runtime/errors.js'
import { connectorNamed, type Project } from '../project.js'
import type { ExitCode, Terminal } from '../terminal.js'
import { checkConnector } from '../test-connector.js'
import type { ConnectorReport } from '../test-report.js'
import { reportOf } from '../test.js'
import type { Answers } from './answers.js'
import { Cancelled } from './asker.js'
import { addedBy, outcomeText, type Outcome } from './outcome.js'
import type { Place } from './place.js'
import { proposalOf } from './proposal.js'

export interface AttemptOptions {
  json: boolean
  skipTest: boolean
  /** How long to go on when a key, a role or a right may only be too new, milliseconds. */
  wait: number
}

export interface AddParts {
  options: AttemptOptions
  place: Place
  terminal: Terminal
}

/** Live; rejects with `Cancelled` at once when the process is told to stop. */
export async function lookedAt(
  project: Project,
  { name = '' }: Answers,
  { options, terminal }: AddParts,
): Promise<ConnectorReport> {
  const connector = connectorNamed(project.configuration, name)
  const { stop } = terminal
  const say = (words: string) => terminal.err(`${name}: ${words}`)
  const stopped = new Promise<never>((_, reject) => stop.addEventListener('abort', () => reject(new Cancelled())))
  const results = await Promise.race([checkConnector(connector, { project, waitMs: options.wait, say, stop }), stopped])
  if (stop.aborted) throw new Cancelled()
  return reportOf(connector, results)
}

/** Throws `CONFIGURATION` with every mistake, as `millrace validate` tells them. */
export async function projectOf(answers: Answers, { place }: Pick<AddParts, 'place'>): Promise<Project> {
  const checked = await place.check(proposalOf(answers, place).proposed)
  if (!('problems' in checked)) return checked
  const lines = [`${place.file.path} would have mistakes, nothing was written`, ...formatProblems(checked.problems)]
  throw new MillraceError('CONFIGURATION', lines.join('\n'))
}

/** Checks the whole once more, writes it and says so. */
export async function finish(
  answers: Answers,
  report: ConnectorReport | undefined,
  parts: AddParts,
): Promise<ExitCode> {
  const { place, options, terminal } = parts
  await projectOf(answers, parts)
  if (terminal.stop.aborted) throw new Cancelled()
  writeConfigurationFile(place.file, proposalOf(answers, place).proposed)
  const outcome = outcomeOf(answers, report, place)
  const lines = options.json ? [JSON.stringify(outcome, null, 2)] : outcomeText(outcome)
  lines.forEach((line) => terminal.out(line))
  return 0
}

export function outcomeOf(answers: Answers, report: ConnectorReport | undefined, place: Place): Outcome {
  const { name = '', enabled = false } = answers
  const found = { tested: report !== undefined, checks: report?.checks ?? [] }
  return { name, file: place.file.path, enabled, written: true, ...found, ...addedBy(proposalOf(answers, place)) }
}
