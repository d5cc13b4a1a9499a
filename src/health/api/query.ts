import { suggestion } from '../../config/suggestion.js'
import type { HttpContext } from '../http/client.js'
import { Refusal } from '../http/refusal.js'

/** More than the connectors that one installation has (500), and an answer of a few megabytes at most. */
export const MOST = 1_000

/** Refuses parameters that are not among `known`: a mistyped filter would silently show everything. */
export function requireKnown(c: HttpContext, known: readonly string[]): void {
  const unknown = Object.keys(c.req.query()).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const nearest = suggestion(unknown, known)
  const instead = nearest ? `did you mean ${nearest}?` : `there is ${known.join(', ') || 'none here'}`
  throw new Refusal('BAD_REQUEST', `there is no parameter "${unknown}": ${instead}`)
}

/** How many entries are wanted: a whole number from 1 to `MOST`, which it is when nothing is said. */
export function limitOf(c: HttpContext): number {
  const text = c.req.query('limit')
  if (text === undefined) return MOST
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MOST) return limit
  throw new Refusal('BAD_REQUEST', `limit is "${text}": write a whole number from 1 to ${MOST}`)
}

/** The first of `entries`, as many as are wanted; the header `X-Total-Count` says how many there are. */
export function upToLimit<Entry>(c: HttpContext, entries: readonly Entry[]): Entry[] {
  c.header('X-Total-Count', String(entries.length))
  return entries.slice(0, limitOf(c))
}

/** Every value of a parameter, each one of `choices`; undefined when it is not said. */
export function choicesOf<Choice extends string>(
  c: HttpContext,
  name: string,
  choices: readonly Choice[],
): Choice[] | undefined {
  return c.req.queries(name)?.map((text) => {
    const choice = choices.find((known) => known === text)
    if (choice !== undefined) return choice
    throw new Refusal('BAD_REQUEST', `${name} is "${text}": write one of ${choices.join(', ')}`)
  })
}
