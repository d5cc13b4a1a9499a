import { describe, expect, it } from 'vitest'
import { metricsEndpoint } from '../../../src/health/metrics/metrics-endpoint.js'
import { SimulatedHealth } from '../../support/simulated-health.js'

const endpoint = metricsEndpoint(new SimulatedHealth({ connectors: 3, partitions: 2, nowMs: Date.UTC(2026, 10, 21) }))

describe('GET /metrics', () => {
  it('answers OpenMetrics, whole, and says how long it is', async () => {
    const answer = await endpoint.request('/metrics', { headers: { 'Accept-Encoding': 'gzip' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(answer.headers.get('content-encoding')).toBeNull()
    const body = Buffer.from(await answer.arrayBuffer())
    expect(answer.headers.get('content-length')).toBe(String(body.length))
    expect(body.toString()).toMatch(/^# TYPE millrace_build_info gauge\n[^]*\n# EOF\n$/)
  })

  it('reads everything anew at each scrape', async () => {
    const health = new SimulatedHealth({ connectors: 1, partitions: 1, nowMs: Date.UTC(2026, 10, 21) })
    const changing = metricsEndpoint(health)
    const consumed = async () => {
      const text = await (await changing.request('/metrics')).text()
      return /^millrace_events_consumed_total\{.*\} (\d+)$/m.exec(text)?.[1]
    }
    expect(await consumed()).toBe('10100')
    health.connectors()[0]!.tally.consumed += 7
    expect(await consumed()).toBe('10107')
  })
})
