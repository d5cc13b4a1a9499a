import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { describeWithPromtool, promtool } from '../support/promtool.js'
import { anchorsOf } from './anchors.js'
import { knownMetrics } from './known-metrics.js'
import { selectorsOf } from './selectors.js'

const folder = 'deploy/prometheus'
const tests = [`${folder}/alerts.test.yaml`, `${folder}/alerts-days.test.yaml`]

interface Rule {
  alert?: string
  record?: string
  expr: string
  labels?: { severity: string }
  annotations?: { summary: string; description: string; runbook_url: string }
}

interface RuleTest {
  promql_expr_test: { exp_samples: { labels: string }[] }[]
}

const read = <T>(file: string) => parse(readFileSync(file, 'utf8')) as T

const { groups } = read<{ groups: { rules: Rule[] }[] }>(`${folder}/alerts.yaml`)
const rules = groups.flatMap(({ rules }) => rules)
const alerts = rules.filter(({ alert }) => alert !== undefined)

/** Names of the alerts that fire at each moment that a test looks at. */
const moments = tests
  .flatMap((file) => read<{ tests: RuleTest[] }>(file).tests)
  .map(({ promql_expr_test }) =>
    promql_expr_test.map(({ exp_samples }) => exp_samples.map(({ labels }) => /alertname="(\w+)"/.exec(labels)?.[1])),
  )

describe('the alert rules', () => {
  it.each(alerts)('$alert is tested when it fires and when it does not, in one course of events', ({ alert }) => {
    const fires = (names: (string | undefined)[]) => names.includes(alert)
    expect(moments.some((course) => course.some(fires) && !course.every(fires))).toBe(true)
  })

  it.each(alerts)('$alert says how bad it is, what it is, and where the runbook has more', (rule) => {
    expect(['critical', 'warning']).toContain(rule.labels?.severity)
    expect(rule.annotations?.summary).toMatch(/^\S.{10,}/)
    expect(rule.annotations?.description).toMatch(/\.$/)
    expect(rule.annotations?.runbook_url).toBe(`docs/runbook.md#${rule.alert?.toLowerCase()}`)
    expect(anchorsOf('docs/runbook.md')).toContain(rule.alert?.toLowerCase())
  })

  it('ask only for metrics and labels that there are', async () => {
    const known = await knownMetrics()
    for (const { record } of rules) if (record) known.set(record, ['job', 'connector', 'destination_type', 'state'])
    const unknown = rules
      .flatMap(({ expr }) => selectorsOf(expr))
      .filter(({ metric, labels }) => {
        const has = known.get(metric)
        return !has || labels.some((label) => !has.includes(label))
      })
    expect(unknown).toEqual([])
  })
})

describeWithPromtool('promtool', () => {
  it('accepts the rules', async () => {
    expect(await promtool(['check', 'rules', `${folder}/alerts.yaml`])).toContain('SUCCESS')
  })

  it('accepts the configuration', async () => {
    expect(await promtool(['check', 'config', `${folder}/prometheus.yaml`])).toContain('SUCCESS')
  })

  it.each(tests)('sees the alerts fire as %s has it', async (file) => {
    expect(await promtool(['test', 'rules', file])).toContain('SUCCESS')
  })
})
