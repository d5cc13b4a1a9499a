import type { Catalogue } from '../events/catalogue.js'
import type { LoadedCatalogue } from '../events/catalogue-loader.js'
import { selectsType } from '../events/event-selection.js'
import type { SchemaProblem } from '../events/schema-file.js'
import { checkAgainstCatalogue } from './catalogue-rules.js'
import type { Configuration } from './configuration.js'
import type { Draft } from './draft.js'
import type { Problem } from './problem.js'
import { readConfiguration, type ReadOptions } from './read.js'
import type { Environment } from './substitution.js'

export interface CheckParts extends ReadOptions {
  env: Environment
  /** Reads the built-in catalogue and the schemas of further folders. */
  loadCatalogue: (folders: readonly string[]) => Promise<LoadedCatalogue>
  /** What is wrong with the longest key a connector's objects could get, as `what: what to do`; undefined when nothing is. */
  keyProblem: (folder: string, connector: ConnectorPlace) => string | undefined
}

/** What of a configuration, beside its folder, becomes part of a connector's object keys. */
interface ConnectorPlace {
  connector: string
  cluster: string
  zone: string
  topics: readonly string[]
  eventTypes: readonly string[]
}

export type Checked = { configuration: Configuration; catalogue: Catalogue } | { problems: Problem[] }

/** Reads a configuration and the catalogue it brings along, and tells every mistake in both and between them. */
export async function checkConfiguration(path: string, parts: CheckParts): Promise<Checked> {
  const reading = readConfiguration(path, parts.env, parts)
  const draft = 'configuration' in reading ? reading.configuration : reading.draft
  const problems = 'problems' in reading ? reading.problems : []
  // Without knowing the user's schemas folder, every event type in it would seem unknown.
  if (!draft.service) return { problems }
  const { schemas } = draft.service
  const loaded = await parts.loadCatalogue(schemas === undefined ? [] : [schemas])
  if ('problems' in loaded) return { problems: [...problems, ...loaded.problems.map(asProblem)] }
  const { catalogue } = loaded
  const found = [...problems, ...checkAgainstCatalogue(draft, catalogue), ...keyProblems(draft, catalogue, parts)]
  return 'configuration' in reading && found.length === 0 ? { ...reading, catalogue } : { problems: found }
}

/** Folder, names, topics and event types are each short enough; together they can exceed what a key may have. */
function keyProblems({ service, connectors }: Draft, catalogue: Catalogue, { keyProblem }: CheckParts): Problem[] {
  return connectors.flatMap(({ name, topics, events, destination }) => {
    if (!service || !topics || !events || !destination || !('folder' in destination)) return []
    const { cluster, zone } = service
    const eventTypes = catalogue.names().filter((eventType) => selectsType(events, eventType))
    const problem = keyProblem(destination.folder, { connector: name, cluster, zone, topics, eventTypes })
    return problem === undefined ? [] : [inWords(`connectors.${name}.destination.folder`, problem)]
  })
}

function inWords(path: string, problem: string): Problem {
  const [message = problem, hint = 'write a shorter one'] = problem.split(/: (?=[^:]*$)/)
  return { path, message, hint }
}

function asProblem({ path, message }: SchemaProblem): Problem {
  return { path, message, hint: 'mend it, or take it out of service.schemas' }
}
