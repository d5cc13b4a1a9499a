/**
 * What a scrape a second of 500 connectors of 20 partitions costs: npx tsx scripts/bench-scrape.ts [seconds]
 *
 * `/metrics` as it is served, asked by another process (curl), with simulated connectors: first none of them changes, then all
 * count while a tenth of them delivers, then everything changes. Prints the CPU time of a scrape, and the share of a core
 * that one a second takes; the goal is 1 %. What the process takes without scrapes is taken off.
 */
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { serve } from '@hono/node-server'
import type { LocalConnector } from '../src/health/local-health.js'
import { metricsEndpoint } from '../src/health/metrics/metrics-endpoint.js'
import type { ConnectorReport } from '../src/health/report.js'
import { SimulatedHealth } from '../test/support/simulated-health.js'

const scrapes = Number(process.argv[2] ?? 100)
/** Until the code is compiled and optimised, as that of a service is which has run for a few minutes. */
const warmUp = 150
/** What goes on after the answer, such as collecting garbage, is a part of it. */
const AFTERWARDS_MS = 20

const connectors = new SimulatedHealth({ connectors: 500, partitions: 20, nowMs: Date.now() })
  .connectors()
  .map((connector) => ({ ...connector, current: connector.report() }))
const local: LocalConnector[] = connectors.map((connector) => ({ ...connector, report: () => connector.current }))

const execFileAsync = promisify(execFile)
const server = serve({
  ...{ fetch: metricsEndpoint({ version: '0.1.0', connectors: () => local }).fetch },
  ...{ hostname: '127.0.0.1', port: 0 },
})
await new Promise((resolve) => server.once('listening', resolve))
const { port } = server.address() as { port: number }

await measure('nothing changes', () => {})
await measure('all count, a tenth delivers', (round) => change((index) => (index + round) % 10 === 0))
await measure('everything changes', () => change(() => true))
server.close()

async function measure(name: string, changeAll: (round: number) => void): Promise<void> {
  let cpuMs = 0
  for (let round = 0; round < warmUp + scrapes; round++) {
    changeAll(round)
    // Twice the same but for the scrape: starting a process costs this one something too.
    const idleMs = await cpuOf('/nothing')
    const scrapeMs = await cpuOf('/metrics')
    if (round >= warmUp) cpuMs += scrapeMs - idleMs
  }
  const perScrape = cpuMs / scrapes
  console.log(`${name}: ${perScrape.toFixed(1)} ms of CPU per scrape, ${(perScrape / 10).toFixed(2)} % of a core`)
}

async function cpuOf(path: string): Promise<number> {
  const before = process.cpuUsage()
  await execFileAsync('curl', ['--silent', '--output', '/dev/null', `http://127.0.0.1:${port}${path}`])
  await sleep(AFTERWARDS_MS)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

function change(delivers: (index: number) => boolean): void {
  for (const [index, connector] of connectors.entries()) {
    connector.tally.consumed += 3
    connector.tally.filtered += 3
    if (!delivers(index)) continue
    for (const histogram of ['attemptSeconds', 'latencySeconds', 'objectEvents', 'objectBytes'] as const)
      connector.tally[histogram].observe(index)
    connector.current = behind(connector.current)
  }
}

function behind(report: ConnectorReport): ConnectorReport {
  return { ...report, partitions: report.partitions.map((one) => ({ ...one, lagEvents: (one.lagEvents ?? 0) + 1 })) }
}
