import { EventHubConsumerClient, type PartitionProperties } from '@azure/event-hubs'
import { test } from 'vitest'
import type { EventHubsSettings } from '../../../src/config/configuration.js'
import { createEventHubsDestination } from '../../../src/destinations/event-hubs.js'
import { systemClock } from '../../../src/runtime/clock.js'
import { Secret } from '../../../src/runtime/secret.js'
import { describeStream } from '../../destinations/stream-conformance.js'

/**
 * What every stream must do, against a real event hub or Microsoft's emulator: EVENT_HUBS_CONNECTION_STRING, with Send and
 * Listen, and with an EntityPath. The hub may hold other events; nobody else may write to it meanwhile.
 */
const text = process.env.EVENT_HUBS_CONNECTION_STRING
const eventHub = /(?:^|;)\s*EntityPath=([^;]+)/.exec(text ?? '')?.[1]

if (text !== undefined && eventHub !== undefined)
  describeStream('event hubs, a real one', () => startSubject(text, eventHub))
else test.skip('event hubs, a real one (EVENT_HUBS_CONNECTION_STRING with an EntityPath is not set)', () => undefined)

async function startSubject(connectionString: string, hub: string) {
  const settings: EventHubsSettings = {
    ...{ type: 'event-hubs', account: 'acme', eventHub: hub, partitionKey: 'user_id', transport: 'amqp' },
  }
  const secret = new Secret({ kind: 'env', name: 'EVENT_HUBS_CONNECTION_STRING' }, () => connectionString)
  const account = { type: 'event-hubs' as const, connectionString: secret }
  const consumer = new EventHubConsumerClient(EventHubConsumerClient.defaultConsumerGroupName, connectionString, hub)
  const start = await endsOf(consumer)
  return {
    destination: createEventHubsDestination(settings, account, { clock: systemClock }),
    readBack: async () => {
      const ends = await endsOf(consumer)
      return Promise.all(start.map((from, index) => readBetween(consumer, from, ends[index] ?? from)))
    },
    stop: () => consumer.close(),
  }
}

async function endsOf(consumer: EventHubConsumerClient): Promise<PartitionProperties[]> {
  const ids = await consumer.getPartitionIds()
  return Promise.all(ids.map((id) => consumer.getPartitionProperties(id)))
}

interface Stored {
  partitionKey: string | null
  bytes: Buffer
}

/** The events of a partition that have arrived in between. */
async function readBetween(
  consumer: EventHubConsumerClient,
  from: PartitionProperties,
  to: PartitionProperties,
): Promise<Stored[]> {
  const missing = to.lastEnqueuedSequenceNumber - from.lastEnqueuedSequenceNumber
  if (missing === 0) return []
  const found: Stored[] = []
  return new Promise((resolve, reject) => {
    const position = from.isEmpty ? { offset: '-1' } : { sequenceNumber: from.lastEnqueuedSequenceNumber }
    const subscription = consumer.subscribe(
      to.partitionId,
      {
        processEvents: async (events) => {
          for (const { body, partitionKey } of events) {
            found.push({ partitionKey: partitionKey ?? null, bytes: body as Buffer })
          }
          if (found.length < missing) return
          await subscription.close()
          resolve(found)
        },
        processError: (error) => Promise.resolve(reject(error)),
      },
      { startPosition: position, skipParsingBodyAsJson: true },
    )
  })
}
