import { metricsText } from '../../src/health/metrics/metrics-text.js'
import { count } from '../../src/health/tally.js'
import { SimulatedHealth } from '../support/simulated-health.js'
import { samplesOf } from '../health/metrics/samples.js'

/** What Prometheus adds to every sample, and the sample that it makes of each scrape. */
const ADDED = ['job', 'instance']

/** Labels of each metric that a scrape can have, with those that Prometheus adds. */
export async function knownMetrics(): Promise<Map<string, string[]>> {
  const known = new Map([['up', ADDED]])
  for (const { name, labels } of samplesOf(await everything())) {
    const before = known.get(name) ?? ADDED
    known.set(name, [...new Set([...before, ...Object.keys(labels)])])
  }
  return known
}

/** `/metrics` with every state, and something counted of everything. */
export async function everything(): Promise<string> {
  const health = new SimulatedHealth({ connectors: 8, partitions: 2, nowMs: Date.UTC(2026, 10, 21) })
  for (const { tally } of health.connectors()) count(tally.probes, 'credentials')
  return Buffer.concat(await metricsText(health)()).toString()
}
