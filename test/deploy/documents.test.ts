import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { OUTCOMES } from '../../src/health/report.js'
import { samplesOf } from '../health/metrics/samples.js'
import { anchorsOf } from './anchors.js'
import { everything } from './known-metrics.js'

describe('docs/runbook.md', () => {
  const anchors = anchorsOf('docs/runbook.md')

  it('has an entry for every state that the metrics can show', async () => {
    const states = samplesOf(await everything()).flatMap(({ labels }) => labels['state'] ?? [])
    expect(new Set(states).size).toBe(8)
    expect(anchors).toEqual(expect.arrayContaining(states))
  })

  it('has an entry for every class of errors', () => {
    expect(anchors).toEqual(expect.arrayContaining([...OUTCOMES]))
  })

  it('leads nowhere that is not there', () => {
    const links = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor)
    expect(links).not.toEqual([])
    expect(anchors).toEqual(expect.arrayContaining(links))
  })
})

describe('docs/metrics.md', () => {
  it('has every metric of a connector with its type and its labels, and no other', async () => {
    const documented = [
      ...readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `(millrace_\w+)` +\| (\w+) +\| ([^|]*)\|/gm),
    ]
    const rows = documented.map(([, name, type, labels]) => [
      name,
      type,
      [...labels!.matchAll(/\w+/g)].map(String).sort(),
    ])
    expect(Object.fromEntries(rows.map(([name, ...rest]) => [name, rest]))).toEqual(await emitted())
    expect(rows).toHaveLength(Object.keys(await emitted()).length)
  })
})

/** Type and own labels by name, as a scrape has them. */
async function emitted(): Promise<Record<string, [string, string[]]>> {
  const text = await everything()
  const samples = samplesOf(text)
  const families = [...text.matchAll(/^# TYPE (millrace_\w+) (\w+)$/gm)].filter(
    ([, name]) => name !== 'millrace_build_info',
  )
  return Object.fromEntries(
    families.map(([, family, type]) => {
      const name = type === 'counter' ? `${family}_total` : family!
      const mine = samples.filter((sample) => sample.name === (type === 'histogram' ? `${family}_bucket` : name))
      const labels = new Set(mine.flatMap(({ labels }) => Object.keys(labels)))
      labels.delete('connector')
      labels.delete('destination_type')
      return [name, [type!, [...labels].sort()]]
    }),
  )
}
