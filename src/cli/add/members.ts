import type { AccountSettings, DestinationSettings } from '../../config/configuration.js'
import { ACCOUNT_TYPES } from '../../config/rules.js'
import { literal } from '../../config/substitution.js'
import { Secret } from '../../runtime/secret.js'
import type { Answers, GivenSecret } from './answers.js'
import { secretKeysOf, type TypedSecret } from './typed-secrets.js'

/** A new connector as it is going to stand in the configuration file. */
export function connectorOf(answers: Answers): object {
  const { description, contact, enabled = false, topics, events = [], recordFormat } = answers
  // What is the default needs no block of its own.
  const isDefault = recordFormat === undefined || recordFormat === 'avro'
  return asItStands({
    ...present({ description, contact }),
    enabled,
    ...present({ topics }),
    ...(events.length > 0 && { events: { include: events } }),
    destination: destinationOf(answers),
    ...(!isDefault && { records: { format: recordFormat } }),
  })
}

function destinationOf(answers: Answers): object {
  const { type } = answers
  return present({ type, ...(type && MEMBERS[type](answers)) })
}

/** In the order in which they are written. */
const MEMBERS: Readonly<Record<DestinationSettings['type'], (answers: Answers) => object>> = {
  s3: ({ account, bucket, region, folder, encryption, ...rest }) => {
    const encrypted = encryption === 'none' ? undefined : encryption
    return { account, bucket, region, folder, encryption: encrypted, ...addressOf(rest) }
  },
  kinesis: ({ account, stream, region, partitionKey, aggregation, ...rest }) => {
    const aggregated = aggregation === 'none' ? undefined : aggregation
    return { account, stream, region, partitionKey, aggregation: aggregated, ...addressOf(rest) }
  },
  'event-hubs': ({ account, eventHub, partitionKey, transport }) => {
    return { account, eventHub, partitionKey, transport: transport === 'amqp' ? undefined : transport }
  },
  folder: ({ path, folder }) => ({ path, folder }),
}

function addressOf({ endpoint, allowHttp }: Answers): object {
  return { endpoint, allowHttp: allowHttp || undefined }
}

/** The type of account the destination needs; undefined when it needs none. */
export function accountTypeOf({ type }: Answers): AccountSettings['type'] | undefined {
  return type === undefined || type === 'folder' ? undefined : ACCOUNT_TYPES[type]
}

/** A new account. */
export function accountOf(answers: Answers, typed: readonly TypedSecret[]): object {
  const references = secretKeysOf(answers.identity).map((key) => {
    return [
      key,
      referenceTo(
        answers[key],
        typed.find((one) => one.key === key),
      ),
    ]
  })
  return {
    type: accountTypeOf(answers),
    ...asItStands(openMembersOf(answers)),
    ...present(Object.fromEntries(references) as object),
  }
}

function openMembersOf({ identity, ...answers }: Answers): object {
  const { roleArn, externalId, stsEndpoint, namespace, tenantId, clientId } = answers
  if (identity === 'role') return present({ roleArn, externalId, stsEndpoint })
  if (identity === 'application') return present({ namespace, tenantId, clientId })
  return identity === 'machine' && accountTypeOf(answers) === 'event-hubs' ? present({ namespace }) : {}
}

function referenceTo(given: GivenSecret | undefined, typed: TypedSecret | undefined): string | undefined {
  return given instanceof Secret ? `file:${typed?.path}` : given
}

/** What people say is meant as it stands there: no part of it is a variable. */
function asItStands(members: object): object {
  return Object.fromEntries(Object.entries(members).map(([key, member]) => [key, literally(member)]))
}

function literally(value: unknown): unknown {
  if (typeof value === 'string') return literal(value)
  if (Array.isArray(value)) return value.map(literally)
  return typeof value === 'object' && value !== null ? asItStands(value) : value
}

/** Without what is not said, or is to be left out. */
function present(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== ''))
}
