import type { ConnectorReport } from '../../../src/health/report.js'
import { SimulatedHealth } from '../../support/simulated-health.js'

export const NOW_MS = Date.UTC(2026, 10, 21, 19, 10, 43)
export const HOUR_MS = 3_600_000

/** A connector that runs well, changed as told. */
export function reportWith(change: Partial<ConnectorReport>): ConnectorReport {
  const health = new SimulatedHealth({ connectors: 1, partitions: 1, nowMs: NOW_MS })
  return { ...health.connector('connector-0')!, ...change }
}

/** Pieces of a page are strings that know that they are escaped. */
export const markupOf = (html: unknown): string => (html as string).toString()

/** What a reader of the page sees, without markup. */
export function textOf(html: unknown): string {
  return markupOf(html)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}
