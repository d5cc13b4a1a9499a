import { dirname, resolve } from 'node:path'
import { withAdditions, type Addition } from '../../config/edit.js'
import type { Proposed } from '../../config/read.js'
import { literal } from '../../config/substitution.js'
import { Secret } from '../../runtime/secret.js'
import type { Answers, GivenSecret } from './answers.js'
import type { Place } from './place.js'

/** What the answers come to: what is written if nothing speaks against it. */
export interface Proposal {
  additions: Addition[]
  proposed: Proposed
  /** Files for what was typed, relative to the folder of the configuration. */
  secretFiles: string[]
}

/** Answers that are missing leave out what they would say. Throws `CONFIGURATION` when the file cannot be added to. */
export function proposalOf(answers: Answers, { file, hasKafka }: Place): Proposal {
  const { name, account, brokers } = answers
  const typed = typedSecrets(answers)
  const isNew = answers.type === 's3' && answers.identity !== 'existing' && answers.identity !== undefined
  const additions: Addition[] = [
    ...(hasKafka || !brokers ? [] : [addition('kafka', 'brokers', wordsOf(brokers))]),
    ...(isNew && account ? [{ section: 'accounts' as const, name: account, value: accountOf(answers, typed) }] : []),
    ...(name ? [addition('connectors', name, connectorOf(answers))] : []),
  ]
  const files = isNew ? typed : []
  const secrets = new Map(files.map(({ path, secret }) => [resolve(dirname(file.path), path), secret]))
  const proposed = { text: withAdditions(file.text, additions), secrets }
  return { additions, proposed, secretFiles: files.map(({ path }) => path) }
}

function addition(section: Addition['section'], name: string, value: object): Addition {
  return { section, name, value: allLiteral(value) as object }
}

function connectorOf(answers: Answers) {
  const { description, contact, enabled = false, topics, events = [] } = answers
  const include = events.length > 0 && { events: { include: events } }
  return {
    ...present({ description, contact }),
    enabled,
    ...present({ topics }),
    ...include,
    destination: destinationOf(answers),
  }
}

function destinationOf(answers: Answers) {
  const { type, folder, path, account, bucket, region, encryption, endpoint, allowHttp } = answers
  if (type === 'folder') return present({ type, path, folder })
  const encrypted = encryption === 'none' ? undefined : encryption
  return present({
    type,
    account,
    bucket,
    region,
    folder,
    encryption: encrypted,
    endpoint,
    allowHttp: allowHttp || undefined,
  })
}

function accountOf(answers: Answers, typed: readonly TypedSecret[]) {
  const { identity, roleArn, externalId, stsEndpoint } = answers
  if (identity === 'role')
    return { type: 'aws', ...(allLiteral(present({ roleArn, externalId, stsEndpoint })) as object) }
  if (identity !== 'keys') return { type: 'aws' }
  const fileOf = (key: SecretKey) => typed.find((one) => one.key === key)?.path
  const references = SECRETS.map((key) => [key, referenceTo(answers[key], fileOf(key))])
  return { type: 'aws', ...present(Object.fromEntries(references) as object) }
}

function referenceTo(given: GivenSecret | undefined, path: string | undefined): string | undefined {
  return given instanceof Secret ? `file:${path}` : given
}

const SECRETS = ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const
type SecretKey = (typeof SECRETS)[number]

interface TypedSecret {
  key: SecretKey
  path: string
  secret: Secret
}

function typedSecrets(answers: Answers): TypedSecret[] {
  return SECRETS.flatMap((key) => {
    const secret = answers[key]
    if (answers.identity !== 'keys' || !(secret instanceof Secret)) return []
    const file = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    return [{ key, secret, path: `${secretsFolder(answers.account ?? '')}/${file}` }]
  })
}

/** Where the secrets of an account lie, relative to the folder of the configuration. */
export function secretsFolder(account: string): string {
  return `secrets/${account}`
}

/** `a, b c` as a list. */
export function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}

/** What people say is meant as it stands there: no part of it is a variable. */
function allLiteral(value: unknown): unknown {
  if (typeof value === 'string') return literal(value)
  if (Array.isArray(value)) return value.map(allLiteral)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, allLiteral(member)]))
}

/** Without what is not said, or is to be left out. */
function present(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== ''))
}
