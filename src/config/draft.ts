import type { AccountSettings, Configuration, ConnectorSettings } from './configuration.js'

/**
 * What could be understood of a configuration that has mistakes: enough to look for the mistakes between its parts.
 * Every part that is missing here has a problem of its own already.
 */
export interface Draft {
  kafka?: Configuration['kafka']
  service?: Configuration['service']
  notifications?: Configuration['notifications']
  /** Every account of the file; undefined: there is something wrong with it. */
  accounts: ReadonlyMap<string, AccountSettings | undefined>
  connectors: readonly DraftConnector[]
}

export type DraftConnector = Pick<ConnectorSettings, 'name'> & Partial<Omit<ConnectorSettings, 'name'>>
