import type { Answers } from './answers.js'
import { takenProblem } from './ask.js'
import type { Asker } from './asker.js'
import type { Place } from './place.js'
import { proposalOf } from './proposal.js'
import type { Question, Subject } from './question.js'
import { QUESTIONS } from './questions.js'

interface GuideParts {
  asker: Asker
  place: Place
  /** What was said before somebody wanted to correct it. */
  before: Answers
  principal: string
}

/** Asks for everything that is not said yet, and again for what is wrong by itself. */
export async function askForTheRest(given: Answers, parts: GuideParts): Promise<Answers> {
  let answers = given
  for (const question of QUESTIONS) {
    const { ask, key, when } = question
    if (!ask || !when.holds(answers, parts.place)) continue
    const known = answers
    const problem = (answer: Answers) => problemWith(question, { ...known, ...answer }, parts.place)
    const wrong = known[key] === undefined ? undefined : problem({})
    if (wrong !== undefined) parts.asker.tell([`${question.option}: ${wrong}`])
    else if (known[key] !== undefined) continue
    answers = { ...known, ...(await ask({ ...parts, answers: known, problem })) }
  }
  return answers
}

/** Without these, nothing could be said about what is asked before them. */
const ASKED_LATER: Answers = {
  account: 'to-be-named',
  roleArn: 'arn:aws:iam::000000000000:role/to-be-made',
  connectionString: 'env:TO_BE_NAMED',
  namespace: 'to-be-named.servicebus.windows.net',
}

/** What is wrong with the answer to one question, in view of the others; undefined when nothing is. */
function problemWith({ key, path, isNeeded }: Question, answers: Answers, place: Place): string | undefined {
  if (isNeeded(answers) && isEmpty(answers[key])) return 'is missing: it cannot be left out'
  const taken = takenProblem(answers, place, key)
  if (taken !== undefined) return taken
  const { problems } = place.reading(proposalOf({ ...ASKED_LATER, ...answers }, place).proposed)
  const at = path(answers)
  const found = problems.find((problem) => problem.path === at || problem.path.startsWith(`${at}[`))
  return found && `${found.message}: ${found.hint}`
}

const isEmpty = (answer: Answers[keyof Answers]) => answer === '' || (Array.isArray(answer) && answer.length === 0)

/** The answers without those about one thing, which are then asked for again. */
export function without(answers: Answers, subject: Subject): Answers {
  const forgotten = QUESTIONS.filter((question) => question.subject === subject && question.ask).map(({ key }) => key)
  return Object.fromEntries(Object.entries(answers).filter(([key]) => !forgotten.includes(key as keyof Answers)))
}
