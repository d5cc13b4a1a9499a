import type { DestinationSettings } from '../../config/configuration.js'
import { MillraceError } from '../../runtime/errors.js'
import type { Secret } from '../../runtime/secret.js'

/** `env:NAME`, `file:path`, or what somebody has typed. */
export type GivenSecret = string | Secret

/** Whose rights a connector uses: an account that is there, or a new one of this kind. */
export type Identity = 'existing' | NewIdentity

/** Of AWS or of Entra ID, `machine`: this machine's own identity; `application`: one of Entra ID. */
export type NewIdentity = 'keys' | 'role' | 'connection-string' | 'application' | 'machine'

/** What is known of the connector to add, by whatever way it was said. Undefined: not said yet; empty: there is to be none. */
export interface Answers {
  brokers?: string
  type?: DestinationSettings['type']
  name?: string
  description?: string
  contact?: string
  topics?: readonly string[]
  events?: readonly string[]
  path?: string
  bucket?: string
  endpoint?: string
  allowHttp?: boolean
  region?: string
  folder?: string
  encryption?: string
  stream?: string
  aggregation?: string
  eventHub?: string
  transport?: string
  partitionKey?: string
  recordFormat?: string
  identity?: Identity
  /** Name of the account, existing or new. */
  account?: string
  accessKeyId?: GivenSecret
  secretAccessKey?: GivenSecret
  sessionToken?: GivenSecret
  externalId?: string
  roleArn?: string
  stsEndpoint?: string
  connectionString?: GivenSecret
  /** Host name of the Event Hubs namespace. */
  namespace?: string
  tenantId?: string
  clientId?: string
  clientSecret?: GivenSecret
  /** Whether it is launched, or saved for later. */
  enabled?: boolean
}

/** The options of the command that answer a question. */
export interface AnswerOptions extends Omit<Answers, 'name' | 'topics' | 'events' | 'identity' | 'enabled'> {
  topic?: string[]
  event?: string[]
  newAccount?: string
  machineIdentity?: boolean
  enabled?: boolean
  save?: boolean
}

/** Throws `USAGE` for options that contradict each other, and for a secret that stands in the command line itself. */
export function answersOf(name: string | undefined, options: AnswerOptions): Answers {
  const { topic, event, newAccount, machineIdentity, enabled, save, ...same } = options
  refuseContradictions(options)
  refuseLiteralSecrets(same)
  const account = newAccount ?? same.account
  const identity = identityOf({ ...same, machineIdentity: machineIdentity ?? false })
  return said({ ...same, account, identity, name, topics: topic, events: event, enabled: save ? false : enabled })
}

const CONTRADICTIONS = [
  ['enabled', '--launch', 'save', '--save'],
  ['account', '--account', 'newAccount', '--new-account'],
  ['account', '--account', 'machineIdentity', '--machine-identity'],
] as const

function refuseContradictions(options: AnswerOptions): void {
  for (const [one, option, other, contrary] of CONTRADICTIONS) {
    if (options[one] === undefined || options[other] === undefined) continue
    throw new MillraceError('USAGE', `${option} and ${contrary} contradict each other: give one of them`)
  }
}

function identityOf(options: AnswerOptions): Identity | undefined {
  if (options.account !== undefined) return 'existing'
  if (options.machineIdentity) return 'machine'
  return NEW_IDENTITIES.find(([, parts]) => parts.some((part) => options[part] !== undefined))?.[0]
}

/** What an account of each kind consists of, and no other does. */
const NEW_IDENTITIES = [
  ['keys', ['accessKeyId', 'secretAccessKey', 'sessionToken']],
  ['role', ['roleArn', 'externalId']],
  ['connection-string', ['connectionString']],
  ['application', ['tenantId', 'clientId', 'clientSecret']],
] as const satisfies readonly (readonly [NewIdentity, readonly (keyof AnswerOptions)[]])[]

const SECRET_OPTIONS = {
  accessKeyId: '--access-key-id',
  secretAccessKey: '--secret-access-key',
  sessionToken: '--session-token',
  connectionString: '--connection-string',
  clientSecret: '--client-secret',
} as const

/** What stands in a command line, others can read: the list of processes, the history of the shell. */
function refuseLiteralSecrets(options: AnswerOptions): void {
  for (const [key, option] of Object.entries(SECRET_OPTIONS)) {
    const given = options[key as keyof typeof SECRET_OPTIONS]
    if (given === undefined || (typeof given === 'string' && isReference(given))) continue
    const what = `${option} takes env:NAME or file:path, never the secret itself`
    throw new MillraceError('USAGE', `${what}: others can read the command line; without it you are asked, unseen`)
  }
}

/** Whether a text names a secret, rather than being one. */
export function isReference(text: string): boolean {
  return /^(env|file):./.test(text)
}

function said(answers: { [Key in keyof Answers]: Answers[Key] | undefined }): Answers {
  return Object.fromEntries(Object.entries(answers).filter(([, answer]) => answer !== undefined))
}
