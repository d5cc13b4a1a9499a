import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { knownMetrics } from './known-metrics.js'
import { selectorsOf } from './selectors.js'

interface Panel {
  id: number
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string; legendFormat: string }[]
}

interface Dashboard {
  panels: Panel[]
  templating: { list: { name: string; type: string; definition?: string }[] }
}

const text = readFileSync('deploy/grafana/dashboards/millrace.json', 'utf8')
const dashboard = JSON.parse(text) as Dashboard
const panels = dashboard.panels.filter(({ type }) => type !== 'row')

describe('the Grafana dashboard', () => {
  it.each(panels)('asks in "$title" only for metrics and labels that there are', async ({ targets = [] }) => {
    const known = await knownMetrics()
    expect(targets).not.toEqual([])
    for (const { expr, legendFormat } of targets) {
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!)
      const selectors = selectorsOf(expr)
      expect(selectors).not.toEqual([])
      for (const { metric, labels } of selectors) {
        expect([...known.keys()]).toContain(metric)
        expect(known.get(metric)).toEqual(expect.arrayContaining([...labels, ...shown]))
      }
    }
  })

  it('shows every metric of a connector', async () => {
    const asked = new Set(
      panels
        .flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => selectorsOf(expr)))
        .map(({ metric }) => metric),
    )
    const family = (metric: string) => metric.replace(/_(bucket|sum|count)$/, '')
    const shown = new Set([...asked].map(family))
    const missing = [...(await knownMetrics()).keys()].filter(
      (metric) => metric.startsWith('millrace_') && !shown.has(family(metric)),
    )
    expect(missing).toEqual(['millrace_build_info', 'millrace_buffered_events'])
  })

  it('chooses connectors by a label that there is', async () => {
    const { definition } = dashboard.templating.list.find(({ name }) => name === 'connector')!
    const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition!) ?? []
    expect((await knownMetrics()).get(metric)).toContain(label)
  })

  it('has panels that do not overlap, each with an id of its own', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)}/${y + Math.floor(i / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true)
  })

  it('is provisioned from the folder that the compose file mounts, with a data source', () => {
    const provisioning = 'deploy/grafana/provisioning'
    const read = (file: string) => parse(readFileSync(`${provisioning}/${file}`, 'utf8')) as Record<string, unknown[]>
    expect(read('datasources/prometheus.yaml')['datasources']).toMatchObject([{ type: 'prometheus' }])
    expect(read('dashboards/millrace.yaml')['providers']).toMatchObject([
      { options: { path: '/etc/grafana/dashboards' } },
    ])
  })
})
