import { z } from 'zod'
import type { AccountSettings } from '../configuration.js'
import { endpoint, isExposed } from '../endpoint.js'
import { refuse, text, textLike } from '../option-types.js'
import type { PlaceTypes } from '../place-types.js'
import { awsRegion } from './destinations.js'

// IAM: partition, 12-digit account, and a role name with path of at most 512 + 64 characters.
const ROLE_ARN = {
  pattern: /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/,
  noun: 'ARN of a role',
  instead: 'write it like arn:aws:iam::123456789012:role/currents',
}

// STS AssumeRole: 2-1,224 of these characters.
const EXTERNAL_ID = {
  pattern: /^[\w+=,.@:/-]{2,1224}$/,
  noun: 'external id',
  instead: 'write 2-1224 of A-Z a-z 0-9 _ + = , . @ : / -',
}

const NAMESPACE = {
  pattern: /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)+$/,
  noun: 'Event Hubs namespace',
  instead: 'write its host name, like acme.servicebus.windows.net',
}

function awsMembers({ accountSecret: secret }: PlaceTypes) {
  return z.object({
    type: z.literal('aws').describe('the kind of credentials'),
    accessKeyId: secret.exactOptional().describe('access key; without it and roleArn: the identity of the machine'),
    secretAccessKey: secret.exactOptional().describe('secret of the access key'),
    sessionToken: secret.exactOptional().describe('only with temporary keys'),
    roleArn: textLike(ROLE_ARN).exactOptional().describe('role to assume with the identity of the machine'),
    externalId: textLike(EXTERNAL_ID).exactOptional().describe('external id the trust policy of the role asks for'),
    stsEndpoint: endpoint().exactOptional().describe('address of the STS; default: that of AWS'),
    region: awsRegion().exactOptional().describe('region of the STS'),
  })
}

type AwsMembers = z.output<ReturnType<typeof awsMembers>>

function awsAccount(place: PlaceTypes) {
  const members = awsMembers(place).superRefine(refuseHalfAwsAccount)
  return members.transform(
    ({ type, accessKeyId, secretAccessKey, sessionToken, roleArn, ...role }): AccountSettings => {
      if (roleArn !== undefined) return { type, roleArn, ...role }
      if (!accessKeyId || !secretAccessKey) return { type }
      return { type, accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
    },
  )
}

function refuseHalfAwsAccount(aws: AwsMembers, context: z.core.$RefinementCtx): void {
  const at = (member: keyof AwsMembers, message: string, instead: string) =>
    context.addIssue({ code: 'custom', message, params: { instead }, path: [member] })
  const hasKey = Boolean(aws.accessKeyId ?? aws.secretAccessKey ?? aws.sessionToken)
  if (aws.roleArn !== undefined && hasKey) {
    at('roleArn', 'stands beside an access key', 'keep either roleArn or accessKeyId and secretAccessKey')
  } else if (hasKey) {
    if (!aws.accessKeyId) at('accessKeyId', 'is missing beside the other parts of the key', 'add accessKeyId: env:NAME')
    if (!aws.secretAccessKey) at('secretAccessKey', 'is missing beside accessKeyId', 'add secretAccessKey: env:NAME')
  }
  for (const member of ['externalId', 'stsEndpoint', 'region'] as const) {
    if (aws[member] !== undefined && aws.roleArn === undefined) at(member, 'is for a role', 'add roleArn or remove it')
  }
  if (aws.stsEndpoint !== undefined && isExposed(aws.stsEndpoint)) {
    at('stsEndpoint', 'is plain HTTP to another machine', 'write https://…')
  }
}

function eventHubsMembers({ accountSecret: secret }: PlaceTypes) {
  return z.object({
    type: z.literal('event-hubs').describe('the kind of credentials'),
    connectionString: secret.exactOptional().describe('Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…'),
    namespace: textLike(NAMESPACE).exactOptional().describe('host name of the namespace, for Entra ID'),
    tenantId: text().exactOptional().describe('Entra ID tenant; without these three: the identity of the machine'),
    clientId: text().exactOptional().describe('Entra ID application'),
    clientSecret: secret.exactOptional().describe('secret of the application'),
  })
}

type EventHubsMembers = z.output<ReturnType<typeof eventHubsMembers>>

function eventHubsAccount(place: PlaceTypes) {
  const members = eventHubsMembers(place).superRefine(refuseHalfEventHubsAccount)
  return members.transform(({ type, connectionString, namespace, ...application }): AccountSettings => {
    if (connectionString) return { type, connectionString }
    return namespace === undefined ? z.NEVER : { type, namespace, ...application }
  })
}

function refuseHalfEventHubsAccount(hubs: EventHubsMembers, context: z.core.$RefinementCtx): void {
  const application = [hubs.tenantId, hubs.clientId, hubs.clientSecret].filter((part) => part !== undefined)
  const isEntra = hubs.namespace !== undefined || application.length > 0
  if (hubs.connectionString && isEntra) {
    refuse(context, 'has a connection string and an Entra ID identity', 'keep either connectionString or namespace')
  } else if (!hubs.connectionString && hubs.namespace === undefined) {
    refuse(context, 'has no credentials', 'add connectionString: env:NAME, or namespace')
  } else if (application.length === 1 || application.length === 2) {
    refuse(
      context,
      'has a part of an application',
      'write tenantId, clientId and clientSecret together, or none of them',
    )
  }
}

/** One set of credentials, kept once, used by any number of connectors. */
export function accountSection(place: PlaceTypes) {
  return z.discriminatedUnion('type', [awsAccount(place), eventHubsAccount(place)])
}
