/** One mistake in a configuration: where, what is wrong, what to write instead. Never holds a secret. */
export interface Problem {
  /** Dotted, e.g. `connectors.acme.files.maxAge` or `kafka.brokers[0]`; a file and position for text that is no YAML. */
  path: string
  message: string
  /** What to write instead. */
  hint: string
}

/** One line per problem: `path: what is wrong: what to write instead`. */
export function formatProblems(problems: readonly Problem[]): string[] {
  return problems.map(({ path, message, hint }) => `${path}: ${message}: ${hint}`)
}

export type Path = readonly PropertyKey[]

/** `['kafka', 'brokers', 0]` as `kafka.brokers[0]`. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('')
}

/** Longer values are cut: the path says where to look. */
const MAX_SHOWN_CHARACTERS = 60

/** A value as a message may show it; what holds credentials in a URL, and any larger structure, is only named. */
export function shown(value: unknown): string {
  if (typeof value === 'string' && /\w:[^/\s]*@/.test(value)) return 'this text (not shown, it may hold a password)'
  if (typeof value === 'string') return JSON.stringify(shorten(value))
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a block of keys'
  return String(value)
}

function shorten(text: string): string {
  return text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`
}

/** `a`, `a or b`, `a, b or c`. */
export function anyOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
