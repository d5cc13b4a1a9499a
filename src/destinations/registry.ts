import type { AccountSettings, ConnectorSettings, DestinationSettings } from '../config/configuration.js'
import { anyOf } from '../config/problem.js'
import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import type { AwsAccount } from './aws-credentials.js'
import type { Destination } from './destination.js'
import { createFolderDestination } from './folder.js'
import { createKinesisDestination } from './kinesis.js'
import { createS3Destination } from './s3.js'

export interface DestinationDeps {
  clock: Clock
}

type Accounts = ReadonlyMap<string, AccountSettings>
type Connector = Pick<ConnectorSettings, 'name' | 'destination'>

/** What `createDestination` can make; the configuration knows more. */
export const DESTINATION_TYPES = ['s3', 'kinesis', 'folder'] as const satisfies readonly DestinationSettings['type'][]

/**
 * The destination of a connector; a new kind of destination is one case here, and its name above. Connects to nothing yet.
 * Throws `MillraceError` `CONFIGURATION` for a type this release does not have and for an account that does not fit.
 */
export function createDestination(connector: Connector, accounts: Accounts, deps: DestinationDeps): Destination {
  const { destination } = connector
  switch (destination.type) {
    case 's3':
      return createS3Destination(destination, awsAccount(connector.name, destination, accounts), deps)
    case 'folder':
      return createFolderDestination(destination, deps)
    case 'kinesis':
      return createKinesisDestination(destination, awsAccount(connector.name, destination, accounts), deps)
    case 'event-hubs':
      throw notInThisRelease(connector)
  }
}

function awsAccount(connector: string, { account: name }: { account: string }, accounts: Accounts): AwsAccount {
  const account = accounts.get(name)
  if (account?.type === 'aws') return account
  const problem = account ? `is of type ${account.type}` : 'does not exist'
  const hint = 'name an account of type aws'
  throw new MillraceError('CONFIGURATION', `connectors.${connector}.destination.account: ${name} ${problem}: ${hint}`)
}

/** The error for a type of destination that the configuration knows and this release does not have. */
export function notInThisRelease({ name, destination }: Connector): MillraceError {
  const path = `connectors.${name}.destination.type`
  return new MillraceError(
    'CONFIGURATION',
    `${path}: ${destination.type} is not in this release: write ${anyOf(DESTINATION_TYPES)}`,
  )
}
