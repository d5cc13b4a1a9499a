import { expect, test } from 'vitest'
import type { EventHubsSettings } from '../../src/config/configuration.js'
import type { EventHubsAccount } from '../../src/destinations/event-hubs-access.js'
import { createEventHubsDestination } from '../../src/destinations/event-hubs.js'
import { freePorts } from '../../scripts/servers/ports.js'
import type { CheckResult } from '../../src/runtime/checklist.js'
import { systemClock } from '../../src/runtime/clock.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { Secret } from '../../src/runtime/secret.js'
import { EventHubsPeer, type HubFault, type HubOptions, type HubRequest } from '../support/event-hubs-peer.js'
import { selfSigned } from '../support/self-signed.js'

const never = new AbortController().signal
const settings: EventHubsSettings = {
  ...{ type: 'event-hubs', account: 'acme', eventHub: 'engagement', partitionKey: 'user_id', transport: 'amqp' },
}

async function check(secret: () => string): Promise<CheckResult[]> {
  const account: EventHubsAccount = { type: 'event-hubs', connectionString: new Secret({ kind: 'inline' }, secret) }
  const destination = createEventHubsDestination(settings, account, { clock: systemClock })
  try {
    return await destination.check(null, never)
  } finally {
    await destination.close()
  }
}

async function checkPeer(
  options: HubOptions = {},
  secret: (peer: EventHubsPeer) => string = (peer) => peer.connectionString(),
  fault: EventHubsPeer['fault'] = () => undefined,
) {
  const peer = await EventHubsPeer.start(options)
  peer.fault = fault
  try {
    return { results: await check(() => secret(peer)), peer }
  } finally {
    await peer.stop()
  }
}

/** What failed, with its code, and the checks that are fine. */
function outcome(results: CheckResult[]) {
  const failed = results.flatMap(({ name, status, code }) => (status === 'failed' ? [`${name}: ${code}`] : []))
  return { failed, ok: results.filter(({ status }) => status === 'ok').map(({ name }) => name) }
}

test('all is fine: a link is opened, and nothing is sent', async () => {
  const { results, peer } = await checkPeer()
  expect(outcome(results)).toEqual({ failed: [], ok: ['secret', 'address', 'credentials', 'event hub', 'Send'] })
  expect(results.map(({ name, status }) => `${name} ${status}`)).toContain('tls skipped')
  expect(peer.requests.map(({ step }) => step)).toEqual(['connect', 'token', 'attach'])
})

const refusing =
  (step: HubRequest['step'], condition: string) =>
  (request: HubRequest): HubFault | undefined =>
    request.step === step ? { refuse: { condition } } : undefined

const before = ['secret', 'address']

test.each<[string, string, () => ReturnType<typeof checkPeer>, string[]]>([
  [
    'a wrong key',
    'credentials: amqp:unauthorized-access',
    () => checkPeer({}, (peer) => peer.connectionString({ secret: 'wrong' })),
    before,
  ],
  [
    'a policy that may not send',
    'Send: amqp:unauthorized-access',
    () => checkPeer({ hubs: { engagement: { partitions: 1, senders: ['another'] } } }),
    [...before, 'credentials'],
  ],
  [
    'another event hub',
    'event hub: amqp:not-found',
    () => checkPeer({ hubs: { another: { partitions: 1 } } }),
    [...before, 'credentials'],
  ],
  [
    'a disabled event hub',
    'event hub: com.microsoft:entity-disabled',
    () => checkPeer({}, undefined, refusing('attach', 'com.microsoft:entity-disabled')),
    [...before, 'credentials'],
  ],
  [
    'a busy namespace',
    'Send: com.microsoft:server-busy',
    () => checkPeer({}, undefined, refusing('attach', 'com.microsoft:server-busy')),
    [...before, 'credentials'],
  ],
  [
    'a namespace that closes the connection',
    'Send: amqp:connection:forced',
    () => checkPeer({}, undefined, refusing('connect', 'amqp:connection:forced')),
    before,
  ],
  [
    'a certificate that nobody vouches for',
    'tls: DEPTH_ZERO_SELF_SIGNED_CERT',
    () => checkPeer({ tls: selfSigned }),
    before,
  ],
])('%s: what is blamed, and nothing is said to be fine that is not known', async (_name, failed, run, ok) => {
  const { results } = await run()
  expect(outcome(results)).toEqual({ failed: [failed], ok })
})

test('nobody listens: nothing beyond is looked at', async () => {
  const [port] = await freePorts(1)
  const text = `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true`
  const results = await check(() => text)
  expect(outcome(results)).toEqual({ failed: ['address: ECONNREFUSED'], ok: ['secret'] })
  expect(results.find(({ name }) => name === 'Send')?.message).toBe('not looked at: needs address')
})

test('a secret that cannot be read, and one that can be none, end it', async () => {
  const unreadable = () => {
    throw new MillraceError('CONFIGURATION', 'the environment variable HUB is not set')
  }
  expect(outcome(await check(unreadable))).toEqual({ failed: ['secret: SECRET_UNREADABLE'], ok: [] })
  expect(outcome(await check(() => 'planted'))).toEqual({ failed: ['secret: SECRET_MALFORMED'], ok: [] })
  expect(JSON.stringify(await check(() => 'planted'))).not.toContain('planted')
})
