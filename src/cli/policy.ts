import type { Configuration, ConnectorSettings } from '../config/configuration.js'
import { aclCommand, aclsOf, type KafkaAcl } from '../source/kafka-acls.js'
import { destinationPolicy, type DestinationPolicy, type RolePolicy } from './destination-policy.js'
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
    sharedTopics: [kafka.topics.health, kafka.topics.control],
    ledger: kafka.topics.drops,
  }
  return {
    connector: connector.name,
    destination: destinationPolicy(connector, accounts, principal),
    kafka: { principal: kafkaPrincipal(kafka), acls: aclsOf(names) },
  }
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
    ...destinationText(connector, destination),
    ...section('Kafka: what the connector needs', commands(false)),
    ...section('Kafka: optional', commands(true)),
  ]
}

function destinationText(connector: string, destination: DestinationPolicy): string[] {
  switch (destination.type) {
    case 's3': {
      const { identity, policy, optional, role } = destination
      return [
        ...rightsText(identity, policy),
        ...section('Optional: better answers of millrace test and inspect', jsonLines(optional)),
        ...(role ? roleText(role) : []),
        '# A bucket whose default encryption is a KMS key of your own also needs kms:GenerateDataKey on that key.',
        '',
      ]
    }
    case 'kinesis': {
      const { identity, policy, keyPolicy, role } = destination
      return [
        ...rightsText(identity, policy),
        ...section('Only where the stream is encrypted with a KMS key of your own', jsonLines(keyPolicy)),
        ...(role ? roleText(role) : []),
      ]
    }
    case 'event-hubs': {
      const { identity, right, scope, commands } = destination
      return section(`${right} on ${scope}, for ${identity}: all that delivering needs`, commands)
    }
    case 'folder': {
      const { path, rights } = destination
      return section(`Folder of ${connector}`, [`${path}: ${rights}.`, 'All of it lies on one file system.'])
    }
  }
}

function rightsText(identity: string, policy: object): string[] {
  return section(`IAM policy for ${identity}: all that delivering needs`, jsonLines(policy))
}

function roleText({ roleArn, externalId, trustPolicy, machinePolicy }: RolePolicy): string[] {
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

const jsonLines = (document: object) => JSON.stringify(document, null, 2).split('\n')

const section = (title: string, lines: string[]) => (lines.length === 0 ? [] : [`# ${title}`, ...lines, ''])
