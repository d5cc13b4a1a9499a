import type { Configuration } from '../config/configuration.js'
import { MillraceError } from '../runtime/errors.js'
import { printable } from './table.js'

/**
 * Throws `MillraceError` `USAGE`, naming those there are, when `--connector` names none: neither a configured one nor one
 * that is no longer configured and has left something (`found`).
 */
export function requireKnownConnector(
  name: string | undefined,
  { connectors }: Pick<Configuration, 'connectors'>,
  found: readonly { connector: string }[],
): void {
  const names = new Set([...connectors.map((connector) => connector.name), ...found.map(({ connector }) => connector)])
  if (name === undefined || names.has(name)) return
  const choice = [...names].join(', ')
  throw new MillraceError(
    'USAGE',
    `--connector ${name}: there is no such connector: choose one of ${printable(choice)}`,
  )
}
