import { existsSync } from 'node:fs'
import { checkConfiguration, type CheckParts } from '../config/check.js'
import type { Configuration, ConnectorSettings } from '../config/configuration.js'
import { formatProblems } from '../config/problem.js'
import { readConfiguration } from '../config/read.js'
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

/**
 * Throws `MillraceError` `CONFIGURATION` with every mistake, a line each. A secret file of an account that cannot be read is
 * none: only the connectors that use the account have to wait for it. `changes`: who is told of kept secrets, if not the
 * terminal.
 */
export async function loadProject(
  path: string,
  terminal: Terminal,
  changes: Pick<CheckParts, 'onSecretKept'> = {},
): Promise<Project> {
  const checked = await checkConfiguration(path, { ...checkParts(terminal), awaitsAccountSecrets: true, ...changes })
  if ('configuration' in checked) return checked
  const lines = formatProblems(checked.problems)
  throw new MillraceError('CONFIGURATION', [`${path} has mistakes, nothing was started`, ...lines].join('\n'))
}

/** Throws `MillraceError` `USAGE`, naming those there are, when there is no such connector. */
export function connectorNamed({ connectors }: Configuration, name: string): ConnectorSettings {
  const found = connectors.find((connector) => connector.name === name)
  if (found) return found
  const names = connectors.map((connector) => connector.name).join(', ')
  throw new MillraceError('USAGE', `${name}: there is no such connector: choose one of ${names}`)
}

/**
 * The catalogue a configuration file brings along; the built-in one where there is no such file. Commands that need no
 * more than schemas work without a configuration, and without the secrets of one.
 */
export async function loadCatalogueFor(path: string, terminal: Terminal): Promise<Catalogue> {
  const schemas = existsSync(path) ? schemasFolderOf(path, terminal) : undefined
  const loaded = await loadCatalogue(schemas === undefined ? [] : [schemas])
  if ('catalogue' in loaded) return loaded.catalogue
  throw new MillraceError('SCHEMA', loaded.problems.map(({ path: at, message }) => `${at}: ${message}`).join('\n'))
}

function schemasFolderOf(path: string, { env }: Terminal): string | undefined {
  const reading = readConfiguration(path, env)
  return ('configuration' in reading ? reading.configuration : reading.draft).service?.schemas
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
