import { expect, it } from 'vitest'
import { metricsText } from '../../src/health/metrics/metrics-text.js'
import { describeWithServers } from '../support/describe-with-servers.js'
import { runPythonWith } from '../support/python.js'
import { SimulatedHealth } from '../support/simulated-health.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The reference implementation of OpenMetrics, strict about order, types, suffixes, buckets. */
const prometheusClient = 'prometheus-client==0.23.1'

const script = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(open(sys.argv[1]).read()))
print(json.dumps([[f.name, f.type, f.unit, len(f.samples)] for f in families]))
`

describeWithServers('the text of /metrics for a parser that is not ours', ['python'], () => {
  it('is OpenMetrics', async () => {
    const health = new SimulatedHealth({ connectors: 20, partitions: 4, nowMs: Date.UTC(2026, 10, 21) })
    health.connectors()[0]!.tally.deadLettered.set('a "quoted" \\ and\nbroken one', 1)
    const file = join(await temporaryFolder(), 'metrics.txt')
    await writeFile(file, Buffer.concat(await metricsText(health)()))
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
