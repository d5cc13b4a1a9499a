import { connectorDocument, type ConnectorDocument } from '../../../src/health/api/documents.js'
import type { ConnectorState } from '../../../src/health/recorder.js'
import { SimulatedHealth } from '../../support/simulated-health.js'

export const NOW_MS = Date.UTC(2026, 10, 21, 12)

/** One connector of each state. */
export function sampleConnectors(): ConnectorDocument[] {
  const health = new SimulatedHealth({ connectors: 8, partitions: 3, nowMs: NOW_MS })
  return health.connectors().map(connectorDocument)
}

export function sampleConnector(state: ConnectorState, changes: Partial<ConnectorDocument> = {}): ConnectorDocument {
  const found = sampleConnectors().find((connector) => connector.state === state)
  return { ...found!, ...changes }
}
