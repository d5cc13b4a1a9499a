import type { ConnectorReport } from './report.js'
import type { Tally } from './tally.js'

/** A connector as this process runs it: what its metrics are made of. */
export interface LocalConnector {
  readonly name: string
  readonly destinationType: string
  readonly tally: Tally
  /** What it holds in memory now; `events` are records read, whatever becomes of them. Looked up anew at every call. */
  buffered(): { events: number; bytes: number }
  /** What everybody is shown of it. */
  report(): ConnectorReport
}

/** Everything `/metrics` is made of. */
export interface LocalHealth {
  readonly version: string
  connectors(): readonly LocalConnector[]
}
