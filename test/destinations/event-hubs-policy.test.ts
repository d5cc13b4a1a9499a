import { expect, test } from 'vitest'
import type { EventHubsSettings } from '../../src/config/configuration.js'
import { hubPolicy } from '../../src/destinations/event-hubs-policy.js'
import { Secret } from '../../src/runtime/secret.js'

const settings: EventHubsSettings = {
  ...{ type: 'event-hubs', account: 'acme', eventHub: 'engagement', partitionKey: 'user_id', transport: 'amqp' },
}

test('a shared access policy of the event hub with nothing but Send', () => {
  const connectionString = new Secret({ kind: 'inline' }, () => {
    throw new Error('no need to read it')
  })
  const { right, scope, commands } = hubPolicy(settings, { type: 'event-hubs', connectionString })
  expect([right, scope]).toEqual(['Send', 'event hub engagement'])
  expect(commands[0]).toBe(
    'az eventhubs eventhub authorization-rule create --resource-group RESOURCE_GROUP --namespace-name NAMESPACE ' +
      '--eventhub-name engagement --name millrace-send --rights Send',
  )
  expect(commands).toHaveLength(2)
})

test('the role of Entra ID, on the event hub', () => {
  const namespace = 'acme.servicebus.windows.net'
  const scope =
    '/subscriptions/SUBSCRIPTION_ID/resourceGroups/RESOURCE_GROUP/providers/Microsoft.EventHub/namespaces/acme/eventhubs/engagement'
  expect(hubPolicy(settings, { type: 'event-hubs', namespace, clientId: 'the-application' })).toEqual({
    right: 'Azure Event Hubs Data Sender',
    scope,
    commands: [
      `az role assignment create --role "Azure Event Hubs Data Sender" --assignee the-application --scope ${scope}`,
    ],
  })
  expect(hubPolicy(settings, { type: 'event-hubs', namespace }).commands[0]).toContain('--assignee PRINCIPAL_ID')
})
