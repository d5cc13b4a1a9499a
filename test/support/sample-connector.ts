import type { ConnectorSettings } from '../../src/config/configuration.js'
import { OUTCOMES, type Totals } from '../../src/health/report.js'
import type { Snapshot } from '../../src/health/snapshot.js'
import { Tally } from '../../src/health/tally.js'

/** A connector of a configuration, changed as told: events into a bucket, objects of five minutes. */
export function connectorWith(change: Partial<ConnectorSettings> = {}): ConnectorSettings {
  return {
    ...{ name: 'acme', enabled: true, topics: ['events'], from: 'beginning', events: {}, fields: {} },
    destination: {
      ...{ type: 's3', account: 'acme', bucket: 'acme-currents', region: 'eu-west-1', folder: 'currents' },
      ...{ encryption: 'none', pathStyle: false },
    },
    files: {
      ...{ format: 'avro', codec: 'deflate', maxAgeMs: 300_000 },
      ...{ maxEvents: 5_000, maxEventsUnderLoad: 15_000, maxBytes: 8 << 20 },
    },
    credentialFailure: { periodMs: 48 * 3_600_000, onExpiry: 'drop', allowShortRetention: false },
    ...change,
  } as ConnectorSettings
}

export const NO_TOTALS: Totals = {
  ...{ consumed: 0, returned: 0, delivered: 0, filtered: 0, dropped: { credentials: 0, retention: 0 } },
  ...{ deadLettered: 0, objects: 0, bytes: 0, buffered: { events: 0, bytes: 0 } },
}

/** What a process says of `acme` while it runs well and has done nothing yet, changed as told. */
export function snapshotWith(change: Partial<Snapshot> & Pick<Snapshot, 'startedAtMs' | 'atMs'>): Snapshot {
  return {
    ...{ connector: 'acme', instance: 'host-b/1', version: '0.1.0', state: 'running', sinceMs: change.startedAtMs },
    ...{ trouble: null, lastSuccessAtMs: null, totals: NO_TOTALS, leased: [] },
    attempts: OUTCOMES.map(() => 0),
    attemptSeconds: new Tally().attemptSeconds.counts,
    ...change,
  }
}
