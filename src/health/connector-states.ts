import type { ConnectorState } from './recorder.js'

const ALL: Record<ConnectorState, true> = {
  starting: true,
  running: true,
  retrying: true,
  'credentials-failing': true,
  dropping: true,
  blocked: true,
  paused: true,
  stopped: true,
}

/** Every state of a connector, in the order of delivery.md §4. */
export const CONNECTOR_STATES = Object.keys(ALL) as readonly ConnectorState[]
