import type { z } from 'zod'
import { anyOf, formatPath, shown, type Path, type Problem } from './problem.js'
import { suggestion } from './suggestion.js'

type Issue = z.core.$ZodIssue

/** What an option means, for the message that it is missing; undefined where there is no such option. */
export type MeaningOf = (path: Path) => string | undefined

/** What zod refuses, in words for people; parse with `reportInput`, so that messages can name what was found. */
export function problemsOf(issues: readonly Issue[], prefix: Path, meaningOf: MeaningOf): Problem[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path]
    if (issue.code === 'invalid_union' && issue.errors.length > 0) return problemsOfUnion(issue, path, meaningOf)
    const [message, hint] = isMissing(issue) ? wordsForMissing(meaningOf(path)) : wordsFor(issue)
    return [{ path: formatPath(path), message, hint }]
  })
}

/** Of the branches, the one meant is the one that does not refuse the kind of the value as a whole. */
function problemsOfUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, meaningOf: MeaningOf): Problem[] {
  const meant = issue.errors.find((errors) => errors.every((error) => error.path.length > 0))
  if (meant) return problemsOf(meant, path, meaningOf)
  const [message, hint] = wordsForKind(issue.input, anyOf(issue.errors.flatMap((errors) => errors.map(kindOf))))
  return [{ path: formatPath(path), message, hint }]
}

function kindOf(issue: Issue): string {
  if (issue.code === 'invalid_type') return KINDS[issue.expected] ?? issue.expected
  return issue.code === 'invalid_value' ? anyOf(issue.values.map(String)) : 'another value'
}

const KINDS: Partial<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list, like [a, b]',
  object: 'a block of keys',
  record: 'a block of keys',
}

function isMissing(issue: Issue): boolean {
  return (issue.code === 'invalid_type' || issue.code === 'invalid_value') && issue.input === undefined
}

function wordsForMissing(meaning: string | undefined): [message: string, hint: string] {
  return ['is missing', meaning ? `add it (${meaning})` : 'add it']
}

function wordsFor(issue: Issue): [message: string, hint: string] {
  if (issue.code === 'custom') return [issue.message, String(issue.params?.['instead'])]
  if (issue.code === 'invalid_type') return wordsForKind(issue.input, KINDS[issue.expected] ?? issue.expected)
  if (issue.code === 'invalid_value') return wordsForChoice(issue.input, issue.values.map(String))
  if (issue.code === 'invalid_union') return wordsForChoice(typeOf(issue.input), optionsOf(issue))
  if (issue.code === 'too_big') return [`${shown(issue.input)} is too large`, `write at most ${issue.maximum}`]
  if (issue.code === 'too_small' && issue.origin === 'array') return ['is an empty list', 'write at least one']
  if (issue.code === 'too_small') return [`${shown(issue.input)} is too small`, `write at least ${issue.minimum}`]
  // The schema uses no other check: what stands here is zod's own words.
  return [issue.message, 'see docs/configuration.md']
}

function wordsForKind(found: unknown, kind: string): [message: string, hint: string] {
  if (found === null) return ['is empty', `write ${kind}, or remove the line`]
  if (kind === 'a text' && (typeof found === 'number' || typeof found === 'boolean')) {
    return [`${shown(found)} is no text`, `put it in quotes: "${found}"`]
  }
  return [`${shown(found)} is of the wrong kind`, `write ${kind}`]
}

function wordsForChoice(found: unknown, choices: string[]): [message: string, hint: string] {
  if (found === undefined) return ['is missing', `write ${anyOf(choices)}`]
  if (found === null) return ['is empty', `write ${anyOf(choices)}, or remove the line`]
  const nearest = typeof found === 'string' ? suggestion(found, choices) : undefined
  return [`${shown(found)} is not known here`, nearest ? `did you mean ${nearest}?` : `write ${anyOf(choices)}`]
}

/** zod tells them, but its types do not. */
function optionsOf(issue: z.core.$ZodIssueInvalidUnion): string[] {
  return ((issue as { options?: unknown[] }).options ?? []).map(String)
}

/** The discriminator of every union here is `type`. */
function typeOf(input: unknown): unknown {
  return (input as { type?: unknown } | undefined)?.type
}
