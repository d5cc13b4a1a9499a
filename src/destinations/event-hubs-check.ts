import type { EventHubsSettings } from '../config/configuration.js'
import { ok, skipped, Checklist, type CheckResult, type Finding } from '../runtime/checklist.js'
import type { Clock } from '../runtime/clock.js'
import { checkPlace, compareClocks } from './address-check.js'
import { Attempt } from './attempt.js'
import { failedFinding } from './aws-findings.js'
import type { Diagnosis } from './diagnosis.js'
import type { AccessReader, EventHubsAccount, HubAccess, HubAddress } from './event-hubs-access.js'
import { OpeningTimedOut } from './event-hubs-current-link.js'
import { diagnose } from './event-hubs-failure.js'
import { HubLink } from './event-hubs-link.js'

export interface EventHubsCheckParts {
  settings: EventHubsSettings
  account: EventHubsAccount
  reader: AccessReader
  clock: Clock
}

/** Longest wait for a link, milliseconds: Entra ID and the namespace together need a fraction of it. */
const ANSWER_MS = 15_000

/** What opening a link shows, in the order in which it is shown. */
const LINK_CHECKS = ['credentials', 'event hub', 'Send'] as const

type LinkCheck = (typeof LINK_CHECKS)[number]

/** Undefined when the link was opened. */
interface Refusal {
  problem: Diagnosis
  /** The namespace knows who asks. */
  tokenAccepted: boolean
}

/** Opens a link as delivering does, and closes it: needs no right but `Send`, and sends nothing. */
export async function checkEventHub(signal: AbortSignal, parts: EventHubsCheckParts): Promise<CheckResult[]> {
  const { settings, clock } = parts
  const list = new Checklist(clock)
  const account = `account ${settings.account}`
  let access: HubAccess | undefined
  const secret = await list.check({ name: 'secret', resource: account }, () => {
    const read = readAccess(parts)
    if ('problem' in read) return failedFinding(read.problem)
    access = read
    return read.secret === '' ? skipped('the account holds no secret') : ok('can be read')
  })
  const needs = [secret, ...(access ? await checkNetwork(access.address, list, clock) : [])]
  let opening: Promise<Refusal | undefined> | undefined
  for (const name of LINK_CHECKS) {
    const resource = name === 'credentials' ? account : settings.eventHub
    await list.check({ name, resource, needs }, async () => {
      return findingOf(name, await (opening ??= tryToOpen(access as HubAccess, signal, clock)), parts.account)
    })
  }
  return list.results
}

function readAccess({ reader }: EventHubsCheckParts): HubAccess | { problem: Diagnosis } {
  try {
    return reader.read()
  } catch (error) {
    return { problem: diagnose(error) }
  }
}

async function checkNetwork(place: HubAddress, list: Checklist, clock: Clock): Promise<CheckResult[]> {
  const { address, tls } = await checkPlace(place, `${place.host}:${place.port}`, list)
  const needs = [address, tls]
  await list.check({ name: 'clock', resource: place.host, needs }, () => checkClock(place, clock))
  return needs
}

/** AMQP tells no time; the namespace's web server does, where a firewall lets it. */
async function checkClock({ host, tls }: HubAddress, clock: Clock): Promise<Finding> {
  if (!tls) return skipped('the emulator does not tell its time')
  const finding = await compareClocks(new URL(`https://${host}/`), clock)
  const isKnown = finding.status !== 'failed' || finding.code === 'CLOCK_SKEW'
  return isKnown ? finding : skipped('the namespace does not tell its time: its port 443 cannot be reached')
}

async function tryToOpen(access: HubAccess, signal: AbortSignal, clock: Clock): Promise<Refusal | undefined> {
  const attempt = new Attempt(clock, signal, ANSWER_MS)
  let tokenAccepted = false
  try {
    const link = await attempt.run((cut) => HubLink.open(access, clock, cut, () => (tokenAccepted = true)))
    await link.close()
    return undefined
  } catch (error) {
    return { problem: diagnose(attempt.timedOut ? new OpeningTimedOut() : error), tokenAccepted }
  }
}

function findingOf(name: LinkCheck, refusal: Refusal | undefined, account: EventHubsAccount): Finding {
  if (!refusal) return FINE[name]
  const blamed = blame(refusal)
  if (name === blamed) return withPatience(failedFinding(refusal.problem), refusal.problem, account)
  if (name === 'credentials' && refusal.tokenAccepted) return FINE.credentials
  return skipped(`not known: ${blamed} was refused with ${refusal.problem.code}`)
}

const FINE: Record<LinkCheck, Finding> = {
  credentials: ok('the namespace accepts them'),
  'event hub': ok('exists'),
  Send: ok('granted'),
}

const OF_THE_HUB = new Set(['amqp:not-found', 'amqp:resource-deleted', 'com.microsoft:entity-disabled'])

function blame({ problem, tokenAccepted }: Refusal): LinkCheck {
  if (OF_THE_HUB.has(problem.code)) return 'event hub'
  const needsPerson = problem.class !== 'transient' && problem.class !== 'throttled'
  return tokenAccepted || !needsPerson ? 'Send' : 'credentials'
}

/** Microsoft Learn, "Assign Azure roles": a new role assignment takes up to ten minutes; a key is known at once. */
function withPatience(finding: Finding, problem: Diagnosis, account: EventHubsAccount): Finding {
  const isNew = problem.code === 'amqp:unauthorized-access' && !('connectionString' in account)
  return isNew ? { ...finding, mayPassSoon: true } : finding
}
