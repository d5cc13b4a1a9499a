import type { ConnectorDocument, InstanceDocument } from '../../health/api/documents.js'
import { attentionLines, troubleLines } from './attention.js'
import { connectorsTable } from './connectors-table.js'
import { detailLines } from './details.js'
import { BLANK, paragraph, type Line, type View } from './line.js'
import type { ConnectorDetails, Overview } from './overview.js'

/** Everything `millrace status` shows to people: what needs them first. */
export function screenLines({ connectors, instances }: Overview, view: View): Line[] {
  const [one] = connectors
  if (one && isDetailed(one)) return connectorLines(one, view)
  const table = connectors.length > 0 ? [...connectorsTable(connectors, view), BLANK] : []
  return [...attentionLines(connectors, view), BLANK, ...table, ...instancesLines(instances, view)]
}

const isDetailed = (connector: ConnectorDocument | ConnectorDetails): connector is ConnectorDetails =>
  'partitions' in connector

function connectorLines(connector: ConnectorDetails, view: View): Line[] {
  const isTroubled = connector.needsAttention || connector.problem !== null
  return [...(isTroubled ? [...troubleLines(connector, view), BLANK] : []), ...detailLines(connector, view)]
}

function instancesLines(instances: readonly InstanceDocument[], view: View): Line[] {
  if (instances.length === 0) return [{ text: 'No instance runs.', tone: 'unsure' }]
  const names = instances.map(({ name, version }) => `${name} (${version})`)
  return paragraph({ text: `${instances.length === 1 ? 'Instance' : 'Instances'}: ${names.join(', ')}` }, view)
}
