import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import { clientOf } from './instance-address.js'
import { loadProject } from './project.js'
import { painted, paperOf } from './status/line.js'
import type { Overview } from './status/overview.js'
import { screenLines } from './status/screen.js'
import { look, type ReportsFromKafka, type Sources } from './status/sources.js'
import { watch } from './status/watch.js'
import type { ExitCode, Terminal } from './terminal.js'

export interface StatusOptions {
  config: string
  /** Of the instance to ask, instead of the configured one. */
  url?: string
  json: boolean
  watch: boolean
}

export interface StatusParts {
  terminal: Terminal
  clock: Clock
  reportsFromKafka: ReportsFromKafka
}

/**
 * The connectors as they are now, or one of them: from a running instance, or from Kafka alone when none answers. Resolves
 * to 4 when one of them needs attention. Throws `MillraceError`: `USAGE` for a connector that there is not, `CONFIGURATION`
 * for a refused token, another when neither answers.
 */
export async function status(name: string | undefined, options: StatusOptions, parts: StatusParts): Promise<ExitCode> {
  if (options.watch && options.json) {
    throw new MillraceError('USAGE', '--watch does not go with --json: call it again and again without --watch')
  }
  const { terminal, clock } = parts
  const sources = await sourcesOf(options, parts)
  if (options.watch) return watch(() => look(name, sources), terminal, clock)
  const { overview, note, from } = await look(name, sources)
  if (note !== undefined) terminal.err(`millrace: ${note}: from ${from}`)
  if (options.json) terminal.out(JSON.stringify(overview, null, 2))
  else print(overview, terminal, clock)
  return overview.connectors.some(({ needsAttention }) => needsAttention) ? 4 : 0
}

async function sourcesOf(
  { config, url }: StatusOptions,
  { terminal, reportsFromKafka }: StatusParts,
): Promise<Sources> {
  const project = await loadProject(config, terminal)
  const { stop } = terminal
  return { project, client: () => clientOf(project, url, stop), reportsFromKafka, stop }
}

function print(overview: Overview, terminal: Terminal, clock: Clock): void {
  const paper = paperOf(terminal.display)
  const lines = screenLines(overview, { nowMs: clock.nowMs(), ...paper })
  lines.forEach((line) => terminal.out(painted(line, paper)))
}
