import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { AccountSettings } from '../../config/configuration.js'
import { Secret } from '../../runtime/secret.js'
import { newExternalId } from '../external-id.js'
import { isReference, type Answers, type GivenSecret, type Identity, type NewIdentity } from './answers.js'
import type { Asker, Choice } from './asker.js'
import { accountTypeOf } from './members.js'
import type { Place } from './place.js'
import { wordsOf } from './proposal.js'
import { rolePlan } from './role-plan.js'
import { secretKeysOf, secretsFolder } from './typed-secrets.js'

/** What a question is put with. */
interface Asking {
  asker: Asker
  answers: Answers
  /** What was said before somebody wanted to correct it. */
  before: Answers
  place: Place
  /** Who would take a new role. */
  principal: string
  /** What is wrong with these answers to the question; undefined when nothing is. */
  problem: (answer: Answers) => string | undefined
}

/** Puts a question; resolves to the answer. */
export type Ask = (asking: Asking) => Promise<Answers>

type KeysOf<Type> = { [Key in keyof Answers]-?: Answers[Key] extends Type | undefined ? Key : never }[keyof Answers]

/** `initial`: what is there to begin with, where nothing was said before. */
export function text(
  key: KeysOf<string>,
  message: string,
  initial?: string | ((answers: Answers) => string | undefined),
): Ask {
  return async ({ asker, answers, before, problem }) => {
    const start = before[key] ?? (typeof initial === 'function' ? initial(answers) : initial)
    const begun = start !== undefined && { initial: start }
    return { [key]: await asker.text({ message, ...begun, problem: (answer) => problem({ [key]: answer }) }) }
  }
}

export function list(key: KeysOf<readonly string[]>, message: string): Ask {
  return async ({ asker, before, problem }) => {
    const begun = before[key] && { initial: before[key].join(', ') }
    const answer = await asker.text({ message, ...begun, problem: (words) => problem({ [key]: wordsOf(words) }) })
    return { [key]: wordsOf(answer) }
  }
}

type Choosable = 'type' | 'encryption' | 'transport' | 'recordFormat'

export function choice(key: Choosable, message: string, choices: readonly Choice<string>[]): Ask {
  return async ({ asker, before }) => ({ [key]: await asker.choose(message, choices, before[key]) })
}

/** A secret, or where it is: none that AWS or Azure makes begins with `env:` or `file:`. */
export function hidden(key: KeysOf<GivenSecret>, message: string): Ask {
  return async ({ asker, problem }) => {
    const question = `${message} (hidden; or env:NAME, file:path)`
    const answer = await asker.hidden({ message: question, problem: (typed) => problem({ [key]: givenSecret(typed) }) })
    return { [key]: givenSecret(answer) }
  }
}

function givenSecret(typed: string): GivenSecret {
  return typed === '' || isReference(typed) ? typed : new Secret({ kind: 'inline' }, () => typed)
}

const MACHINE: Choice<NewIdentity> = {
  value: 'machine',
  label: "A new account: this machine's own identity",
}

const NEW_ACCOUNTS: Readonly<Record<AccountSettings['type'], readonly Choice<NewIdentity>[]>> = {
  aws: [
    { value: 'keys', label: 'A new account: access keys' },
    { value: 'role', label: 'A new account: a role', hint: 'that Millrace takes with an external id' },
    { ...MACHINE, hint: 'environment, profile, instance role' },
  ],
  'event-hubs': [
    {
      value: 'connection-string',
      label: 'A new account: a connection string',
      hint: 'of the namespace or the event hub',
    },
    { value: 'application', label: 'A new account: an application of Entra ID', hint: 'with a client secret' },
    { ...MACHINE, hint: 'environment, workload or managed identity of Entra ID' },
  ],
}

/** An account that is there, or what kind a new one is of. */
export const anIdentity: Ask = async ({ asker, answers, place }) => {
  const accountType = accountTypeOf(answers)
  if (!accountType) throw new RangeError(`${answers.type} needs no account`)
  const existing = answers.account === undefined ? place.accountsOf[accountType] : []
  const named = existing.map((name) => ({ value: `existing ${name}` as const, label: name, hint: 'there already' }))
  const chosen = await asker.choose('Whose credentials does it use?', [...named, ...NEW_ACCOUNTS[accountType]])
  if (!isExisting(chosen)) return { identity: chosen }
  return { identity: 'existing', account: chosen.slice('existing '.length) }
}

function isExisting(chosen: Identity | `existing ${string}`): chosen is `existing ${string}` {
  return chosen.startsWith('existing ')
}

/** Makes an external id and shows what the role has to look like, so that it can be made before its ARN is asked for. */
export const aPlanForTheRole: Ask = ({ asker, answers, place, principal }) => {
  const externalId = newExternalId()
  asker.tell(rolePlan({ ...answers, externalId }, place, principal))
  return Promise.resolve({ externalId })
}

/** What is wrong with names that are taken, in words. */
export function takenProblem(
  { name, account, identity }: Answers,
  place: Place,
  key: keyof Answers,
): string | undefined {
  if (key === 'name' && name !== undefined && place.connectors.includes(name)) {
    return `there is a connector ${name} already: choose another name`
  }
  if (key !== 'account' || account === undefined || identity === 'existing') return undefined
  if (place.accounts.includes(account)) return `there is an account ${account} already: choose another name`
  const folder = secretsFolder(account)
  const isTaken = secretKeysOf(identity).length > 0 && existsSync(resolve(dirname(place.file.path), folder))
  return isTaken ? `${folder} is there already: choose another name, or move it away` : undefined
}
