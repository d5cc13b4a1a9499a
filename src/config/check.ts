import type { Catalogue } from '../events/catalogue.js'
import { MillraceError } from '../runtime/errors.js'
import { checkAgainstCatalogue } from './catalogue-rules.js'
import type { Configuration } from './configuration.js'
import type { Problem } from './problem.js'
import { readConfiguration } from './read.js'
import type { Environment } from './substitution.js'

export interface CheckParts {
  env: Environment
  /** The built-in catalogue and the schemas of the user's folder, if there is one. Throws `SCHEMA` with what is wrong. */
  loadCatalogue: (schemas: string | undefined) => Catalogue | Promise<Catalogue>
  /** A secret file turned unusable while its old content is still in use: for a warning. */
  onSecretKept?: (path: string, reason: string) => void
}

export type Checked = { configuration: Configuration; catalogue: Catalogue } | { problems: Problem[] }

/** Reads a configuration and the catalogue it brings along, and tells every mistake in both and between them. */
export async function checkConfiguration(path: string, parts: CheckParts): Promise<Checked> {
  const reading = readConfiguration(path, parts.env, parts.onSecretKept)
  const draft = 'configuration' in reading ? reading.configuration : reading.draft
  const problems = 'problems' in reading ? reading.problems : []
  // Without knowing the user's schemas folder, every event type in it would seem unknown.
  if (!draft.service) return { problems }
  const catalogue = await catalogueOf(draft.service.schemas, parts)
  if ('message' in catalogue) return { problems: [...problems, catalogue] }
  const found = [...problems, ...checkAgainstCatalogue(draft, catalogue)]
  return 'configuration' in reading && found.length === 0 ? { ...reading, catalogue } : { problems: found }
}

async function catalogueOf(schemas: string | undefined, { loadCatalogue }: CheckParts): Promise<Catalogue | Problem> {
  try {
    return await loadCatalogue(schemas)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return { path: 'service.schemas', message: error.message, hint: 'mend the schema, or remove it from the folder' }
  }
}
