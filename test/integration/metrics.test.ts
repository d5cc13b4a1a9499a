import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { metricsText } from '../../src/health/metrics/metrics-text.js'
import { samplesOf } from '../health/metrics/samples.js'
import { describeWithServers } from '../support/describe-with-servers.js'
import { runPythonWith } from '../support/python.js'
import { SimulatedHealth } from '../support/simulated-health.js'
import { describeWithPromtool, promtool } from '../support/promtool.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** The reference implementation of OpenMetrics, strict about order, types, suffixes, buckets. */
const prometheusClient = 'prometheus-client==0.23.1'

const script = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(open(sys.argv[1]).read()))
print(json.dumps([[f.name, f.type, f.unit, len(f.samples)] for f in families]))
`

/** The text of 20 connectors of every state, one of them with a label that has to be escaped. */
async function text(): Promise<string> {
  const health = new SimulatedHealth({ connectors: 20, partitions: 4, nowMs: Date.UTC(2026, 10, 21) })
  health.connectors()[0]!.tally.deadLettered.set('a "quoted" \\ and\nbroken one', 1)
  return Buffer.concat(await metricsText(health)()).toString()
}

describeWithServers('the text of /metrics for a parser that is not ours', ['python'], () => {
  it('is OpenMetrics', async () => {
    const file = join(await temporaryFolder(), 'metrics.txt')
    await writeFile(file, await text())
    const printed = await runPythonWith([prometheusClient], ['-c', script, file])
    const families = JSON.parse(printed) as [name: string, type: string, unit: string, samples: number][]
    expect(families).toContainEqual(['millrace_consumer_lag_events', 'gauge', '', 20 * 4])
    expect(families).toContainEqual(['millrace_events_dropped', 'counter', '', 20 * 2])
    expect(families).toContainEqual(['millrace_delivered_bytes', 'counter', 'bytes', 20])
    // 14 bounds, infinity, count and sum.
    expect(families).toContainEqual(['millrace_delivery_duration_seconds', 'histogram', 'seconds', 20 * 17])
    expect(families.map(([name]) => name)).toContain('process_cpu_seconds')
  })
})

describeWithPromtool('the text of /metrics for Prometheus itself', () => {
  it('becomes as many series as it has samples', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'metrics.txt')
    const scraped = await text()
    // What has no time cannot be stored without a scrape.
    const timed = scraped.split('\n').map((line) => (line === '' || line.startsWith('#') ? line : `${line} 1795219200`))
    await writeFile(file, timed.join('\n'))
    const printed = await promtool(['tsdb', 'create-blocks-from', 'openmetrics', file, join(folder, 'tsdb')])
    const [samples, series] = /^\w{26} +\d+ +\d+ +\S+ +(\d+) +\d+ +(\d+)/m.exec(printed)?.slice(1).map(Number) ?? []
    expect(samples).toBe(samplesOf(scraped).length)
    expect(series).toBe(samples)
  })
})
