import { MillraceError } from '../../runtime/errors.js'
import type { Answers } from './answers.js'
import type { Place } from './place.js'
import { takenProblem } from './ask.js'
import { accountTypeOf } from './members.js'
import { QUESTIONS } from './questions.js'

/**
 * Throws `USAGE` unless the answers are complete, telling everything that is missing or names what it must not, or else what
 * does not go with the rest.
 */
export function requireAnswers(answers: Answers, place: Place): void {
  const lacking = missing(answers, place)
  const wrong = [...lacking, ...taken(answers, place), ...unknown(answers, place)]
  const mistakes = wrong.length > 0 ? wrong : unfit(answers, place)
  if (mistakes.length === 0) return
  const [what, advice] =
    lacking.length > 0
      ? ['these options do not suffice:', ' In a terminal, without --yes, millrace add asks for what is missing.']
      : ['it cannot be added like this:', '']
  throw new MillraceError('USAGE', [what, ...mistakes, `Nothing was added.${advice}`].join('\n'))
}

function missing(answers: Answers, place: Place): string[] {
  const open = QUESTIONS.filter(({ key, when, isNeeded }) => {
    // Which account it is follows from whose credentials they are.
    if (key === 'account' && answers.identity === undefined) return false
    return when.holds(answers, place) && isNeeded(answers) && answers[key] === undefined
  })
  const options = [
    ...open.map(({ option }) => option),
    ...(answers.enabled === undefined ? ['--launch or --save'] : []),
  ]
  return options.map((option) => `  missing: ${option}`)
}

function taken(answers: Answers, place: Place): string[] {
  const problems = (['name', 'account'] as const).map((key) => takenProblem(answers, place, key))
  return problems.flatMap((problem) => (problem === undefined ? [] : [`  ${problem}`]))
}

function unknown(answers: Answers, { accountsOf }: Place): string[] {
  const { type, identity, account = '' } = answers
  const accountType = accountTypeOf(answers)
  const fitting = accountType ? accountsOf[accountType] : []
  if (!accountType || identity !== 'existing' || fitting.includes(account)) return []
  const instead = fitting.length > 0 ? `choose one of ${fitting.join(', ')}, or` : 'there is none yet:'
  return [`  there is no account ${account} for ${type}: ${instead} make a new one with --new-account`]
}

function unfit(answers: Answers, place: Place): string[] {
  const isPut = (wanted: keyof Answers) =>
    QUESTIONS.some(({ key, when }) => key === wanted && when.holds(answers, place))
  const strange = QUESTIONS.filter(({ key }) => answers[key] !== undefined && !isPut(key))
  return strange.flatMap(({ key, option, when }) => {
    // Whose credentials they are follows from other options, but for one.
    if (key === 'identity' && answers.identity !== 'machine') return []
    const given = key === 'identity' ? '--machine-identity' : key === 'account' ? '--(new-)account <name>' : option
    return [`  ${given} is only for ${when.words}`]
  })
}
