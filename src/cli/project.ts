import { checkConfiguration, type CheckParts } from '../config/check.js'
import type { Configuration } from '../config/configuration.js'
import { formatProblems } from '../config/problem.js'
import type { Catalogue } from '../events/catalogue.js'
import { keyLayoutProblem } from '../encoding/object-key.js'
import { loadCatalogue } from '../events/catalogue-loader.js'
import { MillraceError } from '../runtime/errors.js'
import type { Terminal } from './terminal.js'

/** A configuration file and the catalogue it brings along, both checked. */
export interface Project {
  configuration: Configuration
  catalogue: Catalogue
}

/** Throws `MillraceError` `CONFIGURATION` with every mistake, a line each. */
export async function loadProject(path: string, terminal: Terminal): Promise<Project> {
  const checked = await checkConfiguration(path, checkParts(terminal))
  if ('configuration' in checked) return checked
  const lines = formatProblems(checked.problems)
  throw new MillraceError('CONFIGURATION', [`${path} has mistakes, nothing was started`, ...lines].join('\n'))
}

/** How a configuration is read from the command line. */
export function checkParts(terminal: Terminal): CheckParts {
  return {
    env: terminal.env,
    loadCatalogue,
    keyProblem: (folder, { topics, eventTypes, ...place }) =>
      keyLayoutProblem({ ...place, folder, topicInKey: topics.length > 1 }, topics, eventTypes),
    onSecretKept: (path, reason) =>
      terminal.err(`millrace: ${path}: ${reason}: the secret as it was before stays in use`),
  }
}
