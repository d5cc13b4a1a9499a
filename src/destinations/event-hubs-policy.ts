import type { EventHubsSettings } from '../config/configuration.js'
import type { EventHubsAccount } from './event-hubs-access.js'

/** What an identity may be given to deliver into an event hub, and nothing beyond it, with the commands that give it. */
export interface HubPolicy {
  /** The claim of a shared access policy, or the role of Entra ID. */
  right: 'Send' | 'Azure Event Hubs Data Sender'
  /** What it is given on: the event hub, never the namespace. */
  scope: string
  /** Lines for the Azure CLI; words in capitals are to be replaced. */
  commands: string[]
}

/** The shared access policy, by the name that the commands give it. */
const RULE = 'millrace-send'

/** The least rights to deliver, and for `millrace test` (Microsoft Learn, "Authorize access to Azure Event Hubs"). Touches no network. */
export function hubPolicy({ eventHub }: EventHubsSettings, account: EventHubsAccount): HubPolicy {
  if ('connectionString' in account) return sharedAccessPolicy(eventHub)
  const namespace = account.namespace.split('.')[0] ?? account.namespace
  return rolePolicy(eventHub, namespace, account.clientId ?? 'PRINCIPAL_ID')
}

function sharedAccessPolicy(eventHub: string): HubPolicy {
  const rule = `--resource-group RESOURCE_GROUP --namespace-name NAMESPACE --eventhub-name ${eventHub} --name ${RULE}`
  return {
    right: 'Send',
    scope: `event hub ${eventHub}`,
    commands: [
      `az eventhubs eventhub authorization-rule create ${rule} --rights Send`,
      `az eventhubs eventhub authorization-rule keys list ${rule} --query primaryConnectionString --output tsv`,
    ],
  }
}

function rolePolicy(eventHub: string, namespace: string, principal: string): HubPolicy {
  const group = '/subscriptions/SUBSCRIPTION_ID/resourceGroups/RESOURCE_GROUP'
  const scope = `${group}/providers/Microsoft.EventHub/namespaces/${namespace}/eventhubs/${eventHub}`
  const right = 'Azure Event Hubs Data Sender'
  const command = `az role assignment create --role "${right}" --assignee ${principal} --scope ${scope}`
  return { right, scope, commands: [command] }
}
