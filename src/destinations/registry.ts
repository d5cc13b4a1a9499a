import type { AccountSettings, ConnectorSettings, DestinationSettings } from '../config/configuration.js'
import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import type { Destination } from './destination.js'
import { createEventHubsDestination } from './event-hubs.js'
import { createFolderDestination } from './folder.js'
import { createKinesisDestination } from './kinesis.js'
import { createS3Destination } from './s3.js'

export interface DestinationDeps {
  clock: Clock
}

type Accounts = ReadonlyMap<string, AccountSettings>
type Connector = Pick<ConnectorSettings, 'name' | 'destination'>

/** What `createDestination` can make, in the order in which people are asked. */
export const DESTINATION_TYPES = [
  's3',
  'kinesis',
  'event-hubs',
  'folder',
] as const satisfies readonly DestinationSettings['type'][]

/**
 * The destination of a connector; a new kind of destination is one case here, and its name above. Connects to nothing yet.
 * Throws `MillraceError` `CONFIGURATION` for an account that does not fit.
 */
export function createDestination(connector: Connector, accounts: Accounts, deps: DestinationDeps): Destination {
  const { destination } = connector
  switch (destination.type) {
    case 's3':
      return createS3Destination(destination, accountOf(connector.name, destination, 'aws', accounts), deps)
    case 'folder':
      return createFolderDestination(destination, deps)
    case 'kinesis':
      return createKinesisDestination(destination, accountOf(connector.name, destination, 'aws', accounts), deps)
    case 'event-hubs':
      return createEventHubsDestination(
        destination,
        accountOf(connector.name, destination, 'event-hubs', accounts),
        deps,
      )
  }
}

function accountOf<Type extends AccountSettings['type']>(
  connector: string,
  { account: name }: { account: string },
  type: Type,
  accounts: Accounts,
): Extract<AccountSettings, { type: Type }> {
  const account = accounts.get(name)
  if (account && isOf(account, type)) return account
  const problem = account ? `is of type ${account.type}` : 'does not exist'
  const hint = `name an account of type ${type}`
  throw new MillraceError('CONFIGURATION', `connectors.${connector}.destination.account: ${name} ${problem}: ${hint}`)
}

function isOf<Type extends AccountSettings['type']>(
  account: AccountSettings,
  type: Type,
): account is Extract<AccountSettings, { type: Type }> {
  return account.type === type
}
