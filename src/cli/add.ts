import { formatProblems } from '../config/problem.js'
import { answersOf, type AnswerOptions, type Answers } from './add/answers.js'
import { askerAt, Cancelled, type Asker, type Choice } from './add/asker.js'
import { askForTheRest, without } from './add/guide.js'
import { finish, lookedAt, outcomeOf, projectOf, type AddParts, type AttemptOptions } from './add/attempt.js'
import { openPlace } from './add/place.js'
import { proposalOf } from './add/proposal.js'
import type { Subject } from './add/question.js'
import { requireAnswers } from './add/unattended.js'
import type { ExitCode, Terminal } from './terminal.js'
import { reportText, type ConnectorReport } from './test-report.js'

export interface AddOptions extends AnswerOptions, AttemptOptions {
  config: string
  /** Asks nothing, even where somebody could answer. */
  yes: boolean
  /** ARN of the identity that takes the role. */
  principal: string
}

/**
 * Adds a connector, and a new account where it has none yet, to the configuration file; asks for what the options do not say
 * where somebody sits at the terminal. It is looked at live first. Resolves to 3, nothing written, when a check failed and
 * nobody could be asked; to 1, nothing written, when somebody cancelled.
 */
export async function add(name: string | undefined, options: AddOptions, terminal: Terminal): Promise<ExitCode> {
  const { config, yes, principal, json, skipTest, wait, ...answerOptions } = options
  const given = answersOf(name, answerOptions)
  const parts = { options: { json, skipTest, wait }, place: await openPlace(config, terminal), terminal }
  const asker = yes ? undefined : askerAt(terminal)
  try {
    return asker ? await guided(given, { ...parts, asker, principal }) : await unattended(given, parts)
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error
    terminal.err('millrace: cancelled, nothing was written')
    return 1
  }
}

async function unattended(answers: Answers, parts: AddParts): Promise<ExitCode> {
  requireAnswers(answers, parts.place)
  const report = parts.options.skipTest ? undefined : await lookedAt(await projectOf(answers, parts), answers, parts)
  if (report?.ok === false) return refused(answers, report, parts)
  if (report && !parts.options.json) reportText(report).forEach((line) => parts.terminal.out(line))
  return finish(answers, report, parts)
}

function refused(answers: Answers, report: ConnectorReport, { place, options, terminal }: AddParts): ExitCode {
  const outcome = outcomeOf(answers, report, place)
  if (options.json) terminal.out(JSON.stringify({ ...outcome, written: false }, null, 2))
  else reportText(report).forEach((line) => terminal.out(line))
  terminal.err('millrace: a check failed, nothing was written: mend it, or add it untested with --skip-test')
  return 3
}

type Next = Subject | 'again' | 'save' | 'cancel'

const NEXT: readonly Choice<Next>[] = [
  { value: 'again', label: 'Check once more' },
  { value: 'credentials', label: 'Correct the credentials' },
  { value: 'destination', label: 'Correct the destination' },
  { value: 'source', label: 'Correct where the events come from' },
  { value: 'save', label: 'Save it for later as it is', hint: 'it is not launched' },
  { value: 'cancel', label: 'Cancel', hint: 'nothing is written' },
]

interface GuidedParts extends AddParts {
  asker: Asker
  principal: string
}

async function guided(given: Answers, parts: GuidedParts): Promise<ExitCode> {
  const { asker } = parts
  let [answers, before]: [Answers, Answers] = [given, {}]
  for (;;) {
    answers = await askForTheRest(answers, { ...parts, before })
    const report = await tried(answers, parts)
    if (report !== 'mistakes' && report?.ok !== false) return finish(await decided(answers, asker), report, parts)
    const choices = NEXT.filter(({ value }) => isPossible(value, answers, report === 'mistakes'))
    const likely = report !== 'mistakes' && areKeysRefused(report) ? 'credentials' : 'again'
    const next = await asker.choose('It could not deliver like this. What now?', choices, likely)
    if (next === 'cancel') throw new Cancelled()
    if (next === 'save' && report !== 'mistakes') return finish({ ...answers, enabled: false }, report, parts)
    before = answers
    if (next !== 'again' && next !== 'save') answers = without(answers, next)
  }
}

/** Not of a role, which is mended elsewhere: in its trust policy. */
function areKeysRefused({ checks }: ConnectorReport): boolean {
  return checks.some(({ name, status }) => status === 'failed' && ['secret', 'credentials'].includes(name))
}

function isPossible(next: Next, { type }: Answers, isMistaken: boolean): boolean {
  return !(next === 'credentials' && type === 'folder') && !(next === 'save' && isMistaken)
}

/** What is found, told on the screen; undefined when nobody wants to look. */
async function tried(answers: Answers, parts: GuidedParts): Promise<ConnectorReport | 'mistakes' | undefined> {
  const { asker } = parts
  const checked = await parts.place.check(proposalOf(answers, parts.place).proposed)
  if ('problems' in checked) {
    asker.tell(['', ...formatProblems(checked.problems), ''])
    return 'mistakes'
  }
  if (parts.options.skipTest) return undefined
  asker.tell(['', 'Looking at it live …'])
  const report = await lookedAt(checked, answers, parts)
  asker.tell(['', ...reportText(report)])
  return report
}

async function decided(answers: Answers, asker: Asker): Promise<Answers> {
  if (answers.enabled !== undefined) return answers
  const choices = [
    { value: 'launch', label: 'Launch it' },
    { value: 'save', label: 'Save it for later' },
  ]
  return { ...answers, enabled: (await asker.choose('What shall become of it?', choices)) === 'launch' }
}
