import type { AccountSettings, Configuration, ConnectorSettings, S3Settings } from '../config/configuration.js'
import { assumeRolePolicy, trustPolicy, type PolicyDocument } from '../destinations/aws-policy.js'
import { notInThisRelease } from '../destinations/registry.js'
import { deliveryPolicy, optionalPolicy } from '../destinations/s3-policy.js'
import { aclCommand, aclsOf, type KafkaAcl } from '../source/kafka-acls.js'
import { connectorNamed, loadProject } from './project.js'
import type { Terminal } from './terminal.js'

export interface PolicyOptions {
  config: string
  json: boolean
  /** ARN of the identity that takes the role. */
  principal: string
}

/** Stands in a trust policy until somebody says who takes the role: an account's number with zeros is nobody's. */
export const UNKNOWN_PRINCIPAL = 'arn:aws:iam::000000000000:role/the-identity-millrace-runs-as'

/** What a connector may be given, and nothing beyond it. */
interface Policy {
  connector: string
  destination: DestinationPolicy
  kafka: { principal: string; acls: KafkaAcl[] }
}

type DestinationPolicy = S3Policy | { type: 'folder'; path: string; rights: string }

interface S3Policy {
  type: 's3'
  /** Whom the policies are attached to. */
  identity: string
  policy: PolicyDocument
  optional: PolicyDocument
  role?: { roleArn: string; trustPolicy: PolicyDocument; machinePolicy: PolicyDocument; externalId?: string }
}

/** Prints the least rights for a connector's destination and for Kafka, filled in. Touches no network. */
export async function policy(name: string, options: PolicyOptions, terminal: Terminal): Promise<void> {
  const { configuration } = await loadProject(options.config, terminal)
  const document = policyOf(connectorNamed(configuration, name), configuration, options.principal)
  const lines = options.json ? [JSON.stringify(document, null, 2)] : asText(document)
  lines.forEach((line) => terminal.out(line))
}

function policyOf(connector: ConnectorSettings, { kafka, accounts }: Configuration, principal: string): Policy {
  const names = {
    topics: connector.topics,
    group: kafka.groupPrefix + connector.name,
    sideTopics: [kafka.topics.drops, kafka.topics.deadLetters],
    ledger: kafka.topics.drops,
  }
  return {
    connector: connector.name,
    destination: destinationPolicy(connector, accounts, principal),
    kafka: { principal: kafkaPrincipal(kafka), acls: aclsOf(names) },
  }
}

function destinationPolicy({ name, destination }: ConnectorSettings, accounts: Configuration['accounts'], who: string) {
  switch (destination.type) {
    case 's3':
      return s3Policy(destination, accounts.get(destination.account), who)
    case 'folder': {
      const rights = 'the user Millrace runs as creates, writes, renames and syncs files and folders below it'
      return { type: 'folder' as const, path: destination.path, rights }
    }
    case 'kinesis':
    case 'event-hubs':
      throw notInThisRelease({ name, destination })
  }
}

function s3Policy(settings: S3Settings, account: AccountSettings | undefined, principal: string): S3Policy {
  const rights = { policy: deliveryPolicy(settings), optional: optionalPolicy(settings) }
  const { account: name } = settings
  if (!account || !('roleArn' in account)) {
    const isKey = account && 'accessKeyId' in account
    const identity = isKey ? `the user whose keys are in account ${name}` : 'the identity of the machine'
    return { type: 's3', identity, ...rights }
  }
  const { roleArn, externalId } = account
  const trust = { trustPolicy: trustPolicy(principal, externalId), machinePolicy: assumeRolePolicy(roleArn) }
  const role = { roleArn, ...trust, ...(externalId !== undefined && { externalId }) }
  return { type: 's3', identity: `the role ${roleArn}`, ...rights, role }
}

/** The user name is a secret like the password; where it comes from the environment, the shell can fill it in. */
function kafkaPrincipal({ sasl }: Configuration['kafka']): string {
  if (sasl?.username.origin.kind === 'env') return `User:$${sasl.username.origin.name}`
  return sasl ? 'User:<the user name in kafka.sasl>' : 'User:<the name in the client certificate, or ANONYMOUS>'
}

function asText({ connector, destination, kafka }: Policy): string[] {
  const commands = (optional: boolean) =>
    kafka.acls
      .filter((acl) => acl.optional === optional)
      .flatMap((acl) => [`# ${acl.purpose}`, aclCommand(acl, kafka.principal)])
  return [
    ...(destination.type === 's3' ? s3Text(destination) : folderText(connector, destination)),
    ...section('Kafka: what the connector needs', commands(false)),
    ...section('Kafka: optional', commands(true)),
  ]
}

function s3Text({ identity, policy, optional, role }: S3Policy): string[] {
  return [
    ...section(`IAM policy for ${identity}: all that delivering needs`, jsonLines(policy)),
    ...section('Optional: better answers of millrace test and inspect', jsonLines(optional)),
    ...(role ? roleText(role) : []),
    '# A bucket whose default encryption is a KMS key of your own also needs kms:GenerateDataKey on that key.',
    '',
  ]
}

function roleText({ roleArn, externalId, trustPolicy, machinePolicy }: NonNullable<S3Policy['role']>): string[] {
  const unknown = trustPolicy.Statement[0]?.Principal?.AWS === UNKNOWN_PRINCIPAL
  const hints = [
    ...(unknown
      ? ['# Fill in who takes the role: millrace policy --principal <ARN of the identity Millrace runs as>']
      : []),
    ...(externalId === undefined ? ['# The account has no external id: make one with millrace external-id'] : []),
  ]
  return [
    ...section(`Trust policy of ${roleArn}`, [...hints, ...jsonLines(trustPolicy)]),
    ...section('IAM policy for the identity Millrace runs as', jsonLines(machinePolicy)),
  ]
}

function folderText(connector: string, { path, rights }: { path: string; rights: string }): string[] {
  return section(`Folder of ${connector}`, [`${path}: ${rights}.`, 'All of it lies on one file system.'])
}

const jsonLines = (document: object) => JSON.stringify(document, null, 2).split('\n')

const section = (title: string, lines: string[]) => (lines.length === 0 ? [] : [`# ${title}`, ...lines, ''])
