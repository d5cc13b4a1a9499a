import { readFileSync } from 'node:fs'
import { LineCounter, Parser, parseDocument, type CST, type ErrorCode, type YAMLError } from 'yaml'
import type { Problem } from './problem.js'

/** A thousand connectors fit into a tenth of it; a wrong path to a large file is noticed. */
const MAX_FILE_BYTES = 4 * 1024 * 1024

/** Ten aliases of ten aliases of … would become gigabytes. */
const MAX_ALIASES = 100

/**
 * A configuration has six levels. What composes the document is recursive and uses regular expressions: where the stack
 * has no room to compile one, V8 ends the process ("RegExpCompiler Allocation failed").
 */
const MAX_LEVELS = 100

/** What a file says, before anybody looks at what it means. `value` is undefined when nothing can be understood. */
export interface ReadDocument {
  value: unknown
  problems: Problem[]
}

/**
 * Reads a YAML or JSON file (JSON is YAML). Messages never show the file's text: it could be a secret.
 * `proposed`: what the file is going to say, instead of what it says.
 */
export function readDocument(path: string, proposed?: string): ReadDocument {
  const text = proposed ?? readText(path)
  return typeof text === 'string' ? parseText(text, path) : { value: undefined, problems: [text] }
}

function readText(path: string): string | Problem {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > MAX_FILE_BYTES) return { path, message: 'is too large', hint: 'write at most 4 MiB' }
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return { path, message: 'is no UTF-8 text', hint: 'save it as UTF-8' }
    return { path, message: READ_ERRORS[code] ?? `cannot be read (${code})`, hint: 'name the file with --config' }
  }
}

const READ_ERRORS: Partial<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EISDIR: 'is a folder',
}

function parseText(text: string, path: string): ReadDocument {
  if (isTooDeep(text))
    return { value: undefined, problems: [{ path, message: 'is nested too deeply', hint: 'write a configuration' }] }
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, { prettyErrors: false, lineCounter: lines, stringKeys: true })
    const errors = [...document.errors, ...document.warnings]
    const problems = oncePerLine(errors.map((error) => problemOf(error, { text, path, lines })))
    // A key that stands there twice leaves the rest understandable: its mistakes are told as well.
    const isUnderstood = errors.every((error) => error.code === 'DUPLICATE_KEY')
    return { value: isUnderstood ? document.toJS({ maxAliasCount: MAX_ALIASES }) : undefined, problems }
  } catch (error) {
    return { value: undefined, problems: [problemOfFailure(error, path)] }
  }
}

/** The parser below the composer keeps a stack of its own: it goes as deep as the text does. */
function isTooDeep(text: string): boolean {
  let level: CST.Token[] = [...new Parser().parse(text)]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_LEVELS) return true
    level = level.flatMap(tokensWithin)
  }
  return false
}

function tokensWithin(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : []
  if (!('items' in token)) return []
  return token.items.flatMap(({ key, value }) => [key, value].filter((inner) => !!inner))
}

/** One mistake makes the parser stumble several times over the same line. */
function oncePerLine(problems: Problem[]): Problem[] {
  const lineOf = (problem: Problem) => problem.path.replace(/, column.*/, '')
  const isFirst = (problem: Problem, index: number) =>
    problems.findIndex((other) => lineOf(other) === lineOf(problem)) === index
  return problems.filter(isFirst)
}

function problemOf(
  error: YAMLError,
  { text, path, lines }: { text: string; path: string; lines: LineCounter },
): Problem {
  const { line, col } = lines.linePos(error.pos[0])
  const place = `${path}, line ${line}, column ${col}`
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^["']?([\w.-]+)/.exec(text.slice(error.pos[0]))?.[1] ?? ''
    return { path: place, message: `the key "${key}" stands there twice`, hint: 'remove one' }
  }
  const [message, hint] = SYNTAX[error.code] ?? ['is no valid YAML here', 'check quotes, colons and indentation']
  return { path: place, message, hint }
}

const SYNTAX: Partial<Record<ErrorCode, [message: string, hint: string]>> = {
  BAD_DQ_ESCAPE: ['unknown escape after \\', 'write \\\\ for a backslash, or use single quotes'],
  BAD_INDENT: ['wrong indentation, or a bracket that is not closed', 'indent with spaces, like the lines above'],
  BAD_SCALAR_START: ['a text may not start with this character', 'put it in quotes'],
  BLOCK_AS_IMPLICIT_KEY: ['a second colon in one line', 'put the text in quotes'],
  MISSING_CHAR: ['a quote, bracket, comma or colon is missing', 'add it'],
  MULTIPLE_DOCS: ['a second document starts', 'keep one document per file'],
  NON_STRING_KEY: ['a key is no text', 'write a plain word before the colon'],
  TAB_AS_INDENT: ['a tab in the indentation', 'indent with spaces'],
  TAG_RESOLVE_FAILED: ['a text starts with "!"', 'put it in quotes'],
}

/** Aliases are resolved late: what is wrong with them is thrown. */
function problemOfFailure(error: unknown, path: string): Problem {
  if (error instanceof ReferenceError && error.message.startsWith('Excessive alias count')) {
    return { path, message: 'has too many aliases', hint: `write at most ${MAX_ALIASES}, without aliases of aliases` }
  }
  if (error instanceof ReferenceError) {
    return {
      path,
      message: 'an alias (*name) has no anchor (&name)',
      hint: 'define it first, or put the text in quotes',
    }
  }
  throw error
}
