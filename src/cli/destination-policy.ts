import type { Configuration, ConnectorSettings, EventHubsSettings } from '../config/configuration.js'
import { assumeRolePolicy, trustPolicy, type PolicyDocument } from '../destinations/aws-policy.js'
import type { EventHubsAccount } from '../destinations/event-hubs-access.js'
import { hubPolicy, type HubPolicy } from '../destinations/event-hubs-policy.js'
import { accountIdOf, kinesisKeyPolicy, kinesisPolicy } from '../destinations/kinesis-policy.js'
import { deliveryPolicy, optionalPolicy } from '../destinations/s3-policy.js'

/** The least rights for a destination, filled in. */
export type DestinationPolicy = S3Policy | KinesisPolicy | EventHubsPolicy | FolderPolicy

interface S3Policy extends AwsIdentity {
  type: 's3'
  policy: PolicyDocument
  optional: PolicyDocument
}

interface KinesisPolicy extends AwsIdentity {
  type: 'kinesis'
  policy: PolicyDocument
  /** Only where the stream is encrypted with a KMS key of the customer's own. */
  keyPolicy: PolicyDocument
}

interface AwsIdentity {
  /** Whom the policies are attached to. */
  identity: string
  role?: RolePolicy
}

export interface RolePolicy {
  roleArn: string
  trustPolicy: PolicyDocument
  machinePolicy: PolicyDocument
  externalId?: string
}

interface EventHubsPolicy extends HubPolicy {
  type: 'event-hubs'
  /** Who has the right. */
  identity: string
}

interface FolderPolicy {
  type: 'folder'
  path: string
  rights: string
}

/** `principal`: ARN of the identity that takes the role. */
export function destinationPolicy(
  { destination }: ConnectorSettings,
  accounts: Configuration['accounts'],
  principal: string,
): DestinationPolicy {
  switch (destination.type) {
    case 's3': {
      const rights = { policy: deliveryPolicy(destination), optional: optionalPolicy(destination) }
      return { type: 's3', ...awsIdentity(destination.account, accounts, principal), ...rights }
    }
    case 'kinesis': {
      const who = awsIdentity(destination.account, accounts, principal)
      const number = who.role && accountIdOf(who.role.roleArn)
      const rights = { policy: kinesisPolicy(destination, number), keyPolicy: kinesisKeyPolicy(destination, number) }
      return { type: 'kinesis', ...who, ...rights }
    }
    case 'event-hubs': {
      // What is read from a configuration has an account that fits.
      const account = accounts.get(destination.account) as EventHubsAccount
      return { type: 'event-hubs', identity: hubIdentity(destination, account), ...hubPolicy(destination, account) }
    }
    case 'folder': {
      const rights = 'the user Millrace runs as creates, writes, renames and syncs files and folders below it'
      return { type: 'folder', path: destination.path, rights }
    }
  }
}

function awsIdentity(name: string, accounts: Configuration['accounts'], principal: string): AwsIdentity {
  const account = accounts.get(name)
  if (!account || !('roleArn' in account)) {
    const isKey = account && 'accessKeyId' in account
    return { identity: isKey ? `the user whose keys are in account ${name}` : 'the identity of the machine' }
  }
  const { roleArn, externalId } = account
  const trust = { trustPolicy: trustPolicy(principal, externalId), machinePolicy: assumeRolePolicy(roleArn) }
  const role = { roleArn, ...trust, ...(externalId !== undefined && { externalId }) }
  return { identity: `the role ${roleArn}`, role }
}

function hubIdentity({ account: name }: EventHubsSettings, account: EventHubsAccount): string {
  if ('connectionString' in account) return `whoever has the connection string in account ${name}`
  return account.clientId === undefined ? 'the identity of the machine' : `the application ${account.clientId}`
}
