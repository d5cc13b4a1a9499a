/**
 * A process that writes one event, checks the hub, prints what failed as JSON, and ends when nothing keeps it alive.
 * Arguments: connection string, event hub, transport.
 */
import { createEventHubsDestination } from '../../src/destinations/event-hubs.js'
import { systemClock } from '../../src/runtime/clock.js'
import { Secret } from '../../src/runtime/secret.js'

const [, , text = '', eventHub = '', transport] = process.argv
const never = new AbortController().signal

const destination = createEventHubsDestination(
  {
    ...{ type: 'event-hubs', account: 'acme', eventHub, partitionKey: 'user_id' },
    transport: transport === 'websockets' ? 'websockets' : 'amqp',
  },
  { type: 'event-hubs', connectionString: new Secret({ kind: 'inline' }, () => text) },
  { clock: systemClock },
)
const properties = { event_type: 'users.messages.email.Open', schema_id: 1, event_id: 'id-1' }
const place = { kafka_topic: 'events', kafka_partition: 0, kafka_offset: 0 }
const failures = await destination.write(
  [
    {
      ...{ key: 'events/0/0', partitionKey: 'user', bytes: Buffer.from('hello'), contentType: 'text/plain' },
      properties: { ...properties, ...place },
    },
  ],
  never,
)
const checks = await destination.check(null, never)
await destination.close()
const failed = checks.filter(({ status }) => status === 'failed')
console.log(JSON.stringify({ failures: failures.map(({ message }) => message), failed }))
