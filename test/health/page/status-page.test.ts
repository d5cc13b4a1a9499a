import { describe, expect, it } from 'vitest'
import type { ConnectorReport } from '../../../src/health/report.js'
import { statusPage } from '../../../src/health/page/status-page.js'
import { LOOKS } from '../../../src/health/page/states.js'
import { FakeClock } from '../../support/fake-clock.js'
import { SimulatedHealth } from '../../support/simulated-health.js'
import { NOW_MS, textOf } from './reports.js'

function served(connectors = 8) {
  const health = new SimulatedHealth({ connectors, partitions: 2, nowMs: NOW_MS })
  const app = statusPage({ reader: health, operations: health, clock: new FakeClock(NOW_MS) })
  const get = async (path: string) => {
    const answer = await app.request(path)
    return { status: answer.status, headers: answer.headers, html: await answer.text() }
  }
  return { health, get }
}

const rowsOf = (html: string) => [...html.matchAll(/<tr\s+id="row-([^"]+)"[^>]*?(hidden)?\s*>/g)]
const shownOf = (html: string) => rowsOf(html).flatMap(([, name, hidden]) => (hidden ? [] : [name]))

describe('the overview', () => {
  it('has every state in words, with its shape', async () => {
    const { health, get } = served()
    const { html } = await get('/')
    for (const { state } of health.connectors()) {
      expect(textOf(html)).toContain(LOOKS[state].word)
      expect(html).toContain(`<use href="#icon-${LOOKS[state].icon}"`)
      expect(html).toContain(`<symbol id="icon-${LOOKS[state].icon}"`)
    }
  })

  it('shows of every connector what is needed', async () => {
    const { health, get } = served()
    health.set('connector-0', { lagEvents: 1_234_567, outPerSecond: 1_234.5, lastSuccessAtMs: NOW_MS - 40_000 })
    const { html } = await get('/')
    const row = html.slice(html.indexOf('id="row-connector-0"'))
    expect(textOf(row.slice(row.indexOf('>') + 1, row.indexOf('</tr>')))).toBe(
      'connector-0 Everything of customer 0 Running for 3 h 0 min Amazon S3 s3://customer-0/currents – none ' +
        '1,234,567 10.0 1,235 20 0 40 s ago',
    )
  })

  it('searches, filters and sorts by its query', async () => {
    const { get } = served(30)
    expect(shownOf((await get('/?show=retrying&sort=name&order=desc')).html)).toEqual([
      ...['connector-29', 'connector-19', 'connector-9', 'connector-1'],
    ])
    const { html } = await get('/?q=customer-12')
    expect(shownOf(html)).toEqual(['connector-12'])
    expect(textOf(html)).toContain('1 of 30 shown')
    expect(html).toContain('value="customer-12"')
    expect((await get('/?sort=lag&order=asc')).html).toMatch(/aria-sort="ascending"[^>]*data-key="lag"/)
  })

  it('counts in the title what needs a person', async () => {
    const { health, get } = served(4)
    expect((await get('/')).html).toContain('<title>(2) Millrace</title>')
    for (const { name } of health.connectors()) health.set(name, { needsAttention: false })
    expect((await get('/')).html).toContain('<title>Millrace</title>')
  })
})

describe('the page of a connector', () => {
  it.each(Object.keys(LOOKS))('shows the state %s', async (state) => {
    const { health, get } = served(1)
    const isEnabled = state !== 'not-launched'
    health.set('connector-0', isEnabled ? { state: state as ConnectorReport['state'] } : { enabled: false })
    const { status, html } = await get('/c/connector-0')
    expect(status).toBe(200)
    expect(textOf(html)).toContain(`${LOOKS[state as keyof typeof LOOKS].word} since 2026-11-21 16:10:43 UTC`)
    expect(html.includes('data-operation="/api/v1/connectors/connector-0/pause"')).toBe(isEnabled && state !== 'paused')
    expect(html.includes('data-operation="/api/v1/connectors/connector-0/resume"')).toBe(state === 'paused')
  })

  it('tells everything there is', async () => {
    const { get } = served()
    const text = textOf((await get('/c/connector-3')).html)
    for (const part of [
      ...['Dropping events', 'InvalidAccessKeyId', 'AWS does not know the access key', 'Enter a key that is active'],
      ...[
        'At stake 2,006 events, 1.5 MB',
        'Retention headroom 4 d 4 h',
        '2 partitions',
        'events.3 1 host-a/1 5,000 6,003',
      ],
      ...['InvalidAccessKeyId 812 2026-11-21 16:10:43 UTC', 'State: Dropping events', 'The last day in numbers'],
      ...['credentials InvalidAccessKeyId events.0 0: 100 to 199 100 73.0 kB no', 'NOT_JSON', 'throttled'],
    ]) {
      expect(text).toContain(part)
    }
  })

  it('that there is not is not found, whatever its name', async () => {
    const { get } = served(1)
    const { status, html } = await get(`/c/${encodeURIComponent('<script>alert(1)</script>')}`)
    expect(status).toBe(404)
    expect(html).not.toContain('<script>alert')
    expect((await get('/c/nobody/history')).status).toBe(404)
  })

  it('has numbers for its charts', async () => {
    const { get } = served(1)
    const { headers, html } = await get('/c/connector-0/history')
    expect(headers.get('content-type')).toContain('application/json')
    const { hour, day } = JSON.parse(html) as Record<string, { at: number[]; lag: number[] }>
    expect([hour!.at.length, hour!.lag.length, day!.at.length]).toEqual([240, 240, 288])
    expect(hour!.at.at(-1)).toBe(NOW_MS / 1000)
  })
})

describe('text of others', () => {
  const HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>&\u202eevil'

  it.each(['/', '/c/connector-0'])('is text on %s, and turns nothing around it', async (path) => {
    const { health, get } = served(1)
    const problem = { code: HOSTILE, message: HOSTILE, whatToDo: HOSTILE }
    const destination = { type: 's3' as const, place: HOSTILE }
    const change = {
      problem,
      destination,
      description: HOSTILE,
      contact: HOSTILE,
      topics: [HOSTILE],
      instances: [HOSTILE],
    }
    health.set('connector-0', { ...change, state: 'blocked', needsAttention: true })
    const { html } = await get(path)
    expect(html).not.toMatch(/<script>|<img|onerror=alert\(1\)>&\u202e/)
    expect(html).toContain('&lt;script&gt;')
    // `theme.css` isolates code, the element itself the rest.
    const outside = html.replace(/<(\w+)[^>]*>/g, '<$1>').replace(/<(bdi|code)>.*?<\/\1>/gs, '')
    expect(outside).not.toContain('evil')
  })

  it('never opens an attribute of markup', async () => {
    const { health, get } = served(1)
    health.set('connector-0', { description: `' " onmouseover=alert(1) x=` })
    const { html } = await get('/')
    expect(html).not.toContain('" onmouseover')
    expect(html).not.toContain('style=')
  })
})

describe('scripts and styles', () => {
  it('have addresses by which they may be kept for ever, and are complete', async () => {
    const { get } = served(1)
    const { html } = await get('/')
    const urls = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, url]) => url!)
    expect(urls.length).toBeGreaterThan(5)
    for (const url of urls) {
      const { status, headers } = await get(url)
      expect([url, status, headers.get('cache-control')]).toEqual([url, 200, 'public, max-age=31536000, immutable'])
    }
    const folder = urls.find((url) => url.endsWith('page.js'))!.replace('page.js', '')
    for (const file of ['page.js', 'live.js', 'charts.js', 'plot.js', 'table.js']) {
      const { html: script } = await get(folder + file)
      for (const [, imported] of script.matchAll(/from '\.\/([^']+)'/g)) {
        expect((await get(folder + imported)).status).toBe(200)
      }
    }
  })

  it('of another version, and other files, are not found', async () => {
    const { get } = served(1)
    expect((await get('/assets/0000000000000000/page.js')).status).toBe(404)
    const { html } = await get('/')
    const folder = /\/assets\/\w+\//.exec(html)![0]
    for (const file of ['package.json', '..%2fpackage.json', 'tsconfig.json', 'constructor']) {
      expect((await get(folder + file)).status).toBe(404)
    }
  })

  it('are the only thing a page needs: nothing of it is kept', async () => {
    const { get } = served(1)
    expect((await get('/')).headers.get('cache-control')).toBe('no-store')
  })
})
