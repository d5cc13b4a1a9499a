import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EventHubsSettings } from '../../src/config/configuration.js'
import type { StreamDestination } from '../../src/destinations/destination.js'
import { createEventHubsDestination, type EventHubsLimits } from '../../src/destinations/event-hubs.js'
import { systemClock } from '../../src/runtime/clock.js'
import { Secret } from '../../src/runtime/secret.js'
import { EventHubsPeer } from '../support/event-hubs-peer.js'
import { describeStream, describeStreamFaults, recordOf } from './stream-conformance.js'

const never = new AbortController().signal
const inline = (text: string) => new Secret({ kind: 'inline' }, () => text)
const settings: EventHubsSettings = {
  ...{ type: 'event-hubs', account: 'acme', eventHub: 'engagement', partitionKey: 'user_id', transport: 'amqp' },
}

function destinationOf(secret: string, limits?: EventHubsLimits): StreamDestination {
  const account = { type: 'event-hubs' as const, connectionString: inline(secret) }
  return createEventHubsDestination(settings, account, { clock: systemClock, ...(limits && { limits }) })
}

const readBack = (peer: EventHubsPeer) =>
  Promise.resolve(
    peer
      .eventsOf('engagement')
      .map((events) => events.map(({ partitionKey, body }) => ({ partitionKey, bytes: body }))),
  )

async function startSubject() {
  const peer = await EventHubsPeer.start()
  const refused = new Set<string>()
  peer.fault = (request) => {
    if (request.step !== 'send' || !refused.has(request.partitionKey ?? '')) return undefined
    return { refuse: { condition: 'amqp:internal-error', description: 'the peer was told to' } }
  }
  return {
    destination: destinationOf(peer.connectionString()),
    readBack: () => readBack(peer),
    refuse: (key: string) => Promise.resolve(void refused.add(key)),
    accept: (key: string) => Promise.resolve(void refused.delete(key)),
    stop: () => peer.stop(),
  }
}

describeStream('event hubs', startSubject)
describeStreamFaults('event hubs', startSubject)
