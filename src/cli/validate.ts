import { checkConfiguration, type Checked, type CheckParts } from '../config/check.js'
import type { Configuration } from '../config/configuration.js'
import { formatProblems } from '../config/problem.js'

export interface ValidateOptions extends CheckParts {
  /** One JSON document instead of lines for people. */
  json: boolean
}

/** What `millrace validate` prints, and its exit code: 0, or 2 when the configuration has mistakes. */
export interface Validation {
  exitCode: 0 | 2
  /** For standard output. */
  output: string[]
}

/** Reads configuration, schemas and secret references, without touching the network; tells every mistake at once. */
export async function validate(path: string, options: ValidateOptions): Promise<Validation> {
  const checked = await checkConfiguration(path, options)
  const exitCode = 'problems' in checked ? 2 : 0
  return {
    exitCode,
    output: options.json ? [JSON.stringify(asDocument(path, checked), null, 2)] : asLines(path, checked),
  }
}

function asDocument(path: string, checked: Checked) {
  if ('problems' in checked) return { config: path, valid: false, problems: checked.problems, connectors: [] }
  return { config: path, valid: true, problems: [], connectors: connectorsOf(checked.configuration) }
}

function connectorsOf({ connectors }: Configuration) {
  return connectors.map(({ name, enabled, topics, destination }) => ({
    name,
    enabled,
    topics,
    destination: destination.type,
  }))
}

function asLines(path: string, checked: Checked): string[] {
  if ('problems' in checked) {
    return [...formatProblems(checked.problems), `${path}: ${counted(checked.problems.length, 'problem')}`]
  }
  const { configuration, catalogue } = checked
  const connectors = counted(configuration.connectors.length, 'connector')
  return [`${path} is valid: ${connectors}, ${counted(catalogue.names().length, 'event type')}`]
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
