import { describe, expect, it } from 'vitest'
import { served } from './served.js'

describe('the probes', () => {
  it('say 200 and why in a line', async () => {
    const { ask } = await served()
    const alive = await ask({ path: '/livez' })
    expect([alive.status, alive.headers['content-type'], alive.text]).toEqual([
      200,
      'text/plain; charset=UTF-8',
      'alive\n',
    ])
    expect((await ask({ path: '/readyz' })).text).toBe('ready\n')
  })

  it('say 503 and why, each for itself', async () => {
    const { ask, health } = await served()
    health.isReady = false
    const ready = await ask({ path: '/readyz' })
    expect([ready.status, ready.text]).toEqual([503, 'no connector has joined its group\n'])
    expect((await ask({ path: '/livez' })).status).toBe(200)
    health.isLive = false
    const alive = await ask({ path: '/livez' })
    expect([alive.status, alive.text]).toEqual([503, 'nothing has turned for 61 s\n'])
  })

  it('answer HEAD without a body', async () => {
    const { ask } = await served()
    const { status, text } = await ask({ method: 'HEAD', path: '/livez' })
    expect([status, text]).toEqual([200, ''])
  })
})
