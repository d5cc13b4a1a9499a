import type { AccountSettings, DestinationSettings } from './configuration.js'
import type { Draft, DraftConnector } from './draft.js'
import { isEmailAddress } from './email-address.js'
import { locationProblems } from './locations.js'
import { anyOf, shown, type Problem } from './problem.js'
import { DEFAULT_OBJECT_BYTES } from './schema/connectors.js'
import { suggestion } from './suggestion.js'
import { formatSize } from './units.js'

/** What the parts of a configuration say about each other. */
export function crossProblems(draft: Draft): Problem[] {
  return [
    ...draft.connectors.flatMap((connector) => connectorProblems(connector, draft)),
    ...locationProblems(draft.connectors),
    ...[...draft.accounts.keys()].flatMap((name) => accountNameProblems(name)),
    ...sideTopicProblems(draft),
  ]
}

function connectorProblems(connector: DraftConnector, draft: Draft): Problem[] {
  return [
    ...connectorNameProblems(connector.name),
    ...accountProblems(connector, draft.accounts),
    ...wayOfWritingProblems(connector),
    ...memoryProblems(connector, draft),
    ...loopProblems(connector, draft),
    ...contactProblems(connector, draft),
  ]
}

/** Mail goes to the contact: without it nobody asked for mail, but one that is no address would never be told. */
function contactProblems({ name, contact }: DraftConnector, { notifications }: Draft): Problem[] {
  if (contact === undefined || !notifications?.email || isEmailAddress(contact)) return []
  const hint = 'write one address, or remove notifications.email'
  return [{ path: `connectors.${name}.contact`, message: `${shown(contact)} is no e-mail address`, hint }]
}

/** Connector names go into object keys and group names. */
function connectorNameProblems(name: string): Problem[] {
  if (/^[a-z0-9-]{1,63}$/.test(name)) return []
  return [
    { path: `connectors.${name}`, message: `${shown(name)} is no connector name`, hint: 'write 1-63 of a-z 0-9 -' },
  ]
}

function accountNameProblems(name: string): Problem[] {
  // `.` and `..` lead elsewhere where the name becomes a folder.
  if (/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,63}$/.test(name)) return []
  return [
    { path: `accounts.${name}`, message: `${shown(name)} is no account name`, hint: 'write 1-63 of A-Z a-z 0-9 . _ -' },
  ]
}

/** The type of account each destination needs that needs one. */
export const ACCOUNT_TYPES = { s3: 'aws', kinesis: 'aws', 'event-hubs': 'event-hubs' } as const

function accountProblems({ name, destination }: DraftConnector, accounts: Draft['accounts']): Problem[] {
  if (!destination || destination.type === 'folder') return []
  const path = `connectors.${name}.destination.account`
  const known = accounts.has(destination.account)
  if (!known)
    return [
      { path, message: `there is no account ${shown(destination.account)}`, hint: accountHint(destination, accounts) },
    ]
  const type = accounts.get(destination.account)?.type
  const needed = ACCOUNT_TYPES[destination.type]
  if (type === undefined || type === needed) return []
  const message = `${shown(destination.account)} is of type ${type}`
  return [{ path, message, hint: `a destination of type ${destination.type} needs an account of type ${needed}` }]
}

function accountHint(
  { type, ...destination }: Exclude<DestinationSettings, { type: 'folder' }>,
  accounts: Draft['accounts'],
) {
  const nearest = suggestion(destination.account, [...accounts.keys()])
  if (nearest) return `did you mean "${nearest}"?`
  const fits = (account: AccountSettings | undefined) => account?.type === ACCOUNT_TYPES[type]
  const fitting = [...accounts].filter(([, account]) => fits(account)).map(([name]) => name)
  return fitting.length > 0 ? `write ${anyOf(fitting)}` : `add one of type ${ACCOUNT_TYPES[type]} under accounts`
}

/** Whether events go as records into a stream, not as objects into a folder. */
export function isStream(destination: Pick<DestinationSettings, 'type'>): boolean {
  return destination.type === 'kinesis' || destination.type === 'event-hubs'
}

/** Objects and records are two ways to write events; each destination has one. */
function wayOfWritingProblems({ name, destination, files, records }: DraftConnector): Problem[] {
  if (!destination) return []
  const message = `is not for ${destination.type}`
  if (isStream(destination) && files)
    return [{ path: `connectors.${name}.files`, message, hint: 'remove it, or write records' }]
  if (!isStream(destination) && records)
    return [{ path: `connectors.${name}.records`, message, hint: 'remove it, or write files' }]
  return []
}

/** An object that does not fit into memory is never as large as it was asked to be. */
function memoryProblems({ name, files }: DraftConnector, { service }: Draft): Problem[] {
  // Up to the default nobody has asked for it: a small service.memory simply closes objects earlier.
  if (!files || !service || files.maxBytes <= Math.max(service.memoryBytes, DEFAULT_OBJECT_BYTES)) return []
  const message = `${formatSize(files.maxBytes)} is more than service.memory`
  const hint = `write at most ${formatSize(service.memoryBytes)}, or raise service.memory`
  return [{ path: `connectors.${name}.files.maxBytes`, message, hint }]
}

/** A connector that reads what Millrace writes would never end. */
function loopProblems({ name, topics = [] }: DraftConnector, { kafka }: Draft): Problem[] {
  const own = Object.entries(kafka?.topics ?? {})
  return topics.flatMap((topic, index) => {
    const [key] = own.find(([, ownTopic]) => ownTopic === topic) ?? []
    if (key === undefined) return []
    const path = `connectors.${name}.topics[${index}]`
    return [
      { path, message: `Millrace writes to ${shown(topic)} itself (kafka.topics.${key})`, hint: 'name another topic' },
    ]
  })
}

/** Each of Millrace's own topics has settings and readers of its own. */
function sideTopicProblems({ kafka }: Draft): Problem[] {
  const own = Object.entries(kafka?.topics ?? {})
  return own.flatMap(([key, topic], index) => {
    const [other] = own.slice(0, index).find(([, earlier]) => earlier === topic) ?? []
    if (other === undefined) return []
    return [
      { path: `kafka.topics.${key}`, message: `is the same topic as ${other}`, hint: 'write two different names' },
    ]
  })
}
