import { MillraceError } from '../../runtime/errors.js'
import type { Answers } from './answers.js'
import type { Place } from './place.js'
import { takenProblem } from './ask.js'
import { QUESTIONS } from './questions.js'

/** Throws `USAGE` unless the answers are complete, telling everything that is missing, or does not go with the rest. */
export function requireAnswers(answers: Answers, place: Place): void {
  const wrong = [...missing(answers, place), ...taken(answers, place)]
  const mistakes = wrong.length > 0 ? wrong : unfit(answers, place)
  if (mistakes.length === 0) return
  const advice = 'Nothing was added. In a terminal, without --yes, millrace add asks for what is missing.'
  throw new MillraceError('USAGE', ['these options do not suffice:', ...mistakes, advice].join('\n'))
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

function unfit(answers: Answers, place: Place): string[] {
  const strange = QUESTIONS.filter(({ key, when }) => answers[key] !== undefined && !when.holds(answers, place))
  return strange.flatMap(({ key, option, when }) => {
    // Whose credentials they are follows from other options, but for one.
    if (key === 'identity' && answers.identity !== 'machine') return []
    const given = key === 'identity' ? '--machine-identity' : key === 'account' ? '--(new-)account <name>' : option
    return [`  ${given} is only for ${when.words}`]
  })
}
