import { describe, expect, it, onTestFinished } from 'vitest'
import { statusPage } from '../../../src/health/page/status-page.js'
import { FakeClock } from '../../support/fake-clock.js'
import { SimulatedHealth } from '../../support/simulated-health.js'
import { NOW_MS } from './reports.js'

interface Message {
  nowMs: number
  edition: string
  fragments: string[]
}

/** Reads the events of a page, one by one. */
async function follow(path: string, connectors = 3) {
  const health = new SimulatedHealth({ connectors, partitions: 1, nowMs: NOW_MS })
  const clock = new FakeClock(NOW_MS)
  const listeners = watchListeners(health)
  const app = statusPage({ reader: health, operations: health, clock })
  const answer = await app.request(path)
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  onTestFinished(() => reader.cancel())
  let rest = ''
  const next = async (): Promise<Message> => {
    while (!rest.includes('\n\n')) rest += (await reader.read()).value ?? ''
    const [event = '', ...others] = rest.split('\n\n')
    rest = others.join('\n\n')
    return JSON.parse(/^data: (.*)$/m.exec(event)![1]!) as Message
  }
  return { health, clock, next, listeners, close: () => reader.cancel() }
}

function watchListeners(health: SimulatedHealth): { count: number } {
  const listeners = { count: 0 }
  const onChange = health.onChange.bind(health)
  health.onChange = (listener) => {
    listeners.count++
    const stop = onChange(listener)
    return () => (listeners.count--, stop())
  }
  return listeners
}

const idsOf = ({ fragments }: Message) => fragments.map((html) => /id="([^"]+)"/.exec(html)![1])

describe('live events', () => {
  it('begin with everything, so that a browser that comes back is up to date', async () => {
    const { next } = await follow('/events')
    const first = await next()
    expect(first.nowMs).toBe(NOW_MS)
    expect(idsOf(first)).toEqual(['attention', 'row-connector-0', 'row-connector-1', 'row-connector-2', 'instances'])
  })

  it('then tell every two seconds the time, and only what has changed', async () => {
    const { health, clock, next } = await follow('/events')
    await next()
    await clock.advance(2_000)
    expect(await next()).toMatchObject({ nowMs: NOW_MS + 2_000, fragments: [] })
    health.set('connector-1', { lagEvents: 4_711 })
    health.set('connector-1', { lagEvents: 4_712 })
    await clock.advance(2_000)
    const changed = await next()
    expect(idsOf(changed)).toEqual(['attention', 'row-connector-1', 'instances'])
    expect(changed.fragments[1]).toContain('4,712')
  })

  it('tell which edition of the page goes with them', async () => {
    const { clock, next } = await follow('/events')
    const { edition } = await next()
    await clock.advance(2_000)
    expect((await next()).edition).toBe(edition)
    const health = new SimulatedHealth({ connectors: 3, partitions: 1, nowMs: NOW_MS })
    const page = await statusPage({ reader: health, operations: health, clock }).request('/')
    expect(await page.text()).toContain(`data-edition="${edition}"`)
    expect((await (await follow('/events', 4)).next()).edition).not.toBe(edition)
  })

  it('of a connector have its sections, and nothing of the others', async () => {
    const { health, clock, next } = await follow('/events?connector=connector-2')
    expect(idsOf(await next())).toEqual([
      ...['state', 'figures', 'history', 'partitions', 'errors', 'timeline', 'drops', 'dead-letters'],
    ])
    health.set('connector-1', { lagEvents: 1 })
    await clock.advance(2_000)
    expect((await next()).fragments).toEqual([])
    health.set('connector-2', { state: 'paused' })
    await clock.advance(2_000)
    expect((await next()).fragments[0]).toContain('Paused')
  })

  it('of a connector that there is not are only the time', async () => {
    const { next } = await follow('/events?connector=nobody')
    expect((await next()).fragments).toEqual([])
  })

  it('leave nothing behind when the browser goes', async () => {
    const { clock, next, listeners, close } = await follow('/events')
    await next()
    expect(listeners.count).toBe(1)
    await close()
    await clock.settle()
    expect([listeners.count, clock.pendingTimers]).toEqual([0, 0])
  })
})
