import { describe, expect, it } from 'vitest'
import type { Failure } from '../../src/destinations/destination.js'
import { PipelineHarness } from '../support/pipeline-harness.js'

const HOUR_MS = 3_600_000
/** Of the 48-hour rule; all its times are a second then, and a test is fast. */
const PERIOD_MS = 60_000
/** T0 of `failing`: a second after the harness's beginning. */
const SINCE_MS = Date.UTC(2026, 10, 1) + 1_000

const refused: Omit<Failure, 'payload'> = {
  class: 'credentials',
  code: 'ExpiredToken',
  message: 'the token has expired',
}
const busy: Omit<Failure, 'payload'> = { class: 'transient', code: 'Busy', message: 'busy' }

/** Feeds what is asked for up to the end of each partition. */
function feeding(h: PipelineHarness): PipelineHarness {
  h.onSeek = (partition, offset) => {
    const end = h.ends.get(`events/${partition}`) ?? 0
    if (offset < end) h.events(partition, offset, end - offset)
  }
  return h
}

/** A connector with five events whose credentials fail from the first write on, for a while. */
async function failing(events = 5) {
  const credentialFailure = { periodMs: PERIOD_MS, onExpiry: 'drop' as const }
  const h = feeding(new PipelineHarness({ maxAgeMs: 1_000, credentialFailure }))
  h.outage = refused
  h.ends.set('events/0', events)
  await h.assign(0)
  h.events(0, 0, events)
  await h.clock.advance(1_000)
  await advance(h, WHILE_MS)
  return h
}

async function advance(h: PipelineHarness, ms: number) {
  await h.clock.advance(ms)
  await h.rest()
}

/** Longer than until the next probe. */
const WHILE_MS = 10_000

const triesOf = (h: PipelineHarness) => h.effects.filter((effect) => effect.startsWith('fail')).length

describe('a paused connector', () => {
  it('delivers what was read, and reads nothing more until it is resumed', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    await h.assign(1)
    h.events(0, 0, 3)
    h.pipeline.pause()
    const delivered = ['commit 0 0 intent 2', 'put a 0+0 0..2x3', 'commit 0 3']
    expect(await h.effectsSince()).toEqual(['pause 0', 'pause 1', ...delivered])
    await h.clock.advance(HOUR_MS)
    expect(await h.effectsSince()).toEqual([])
    h.pipeline.resume()
    expect(await h.effectsSince()).toEqual(['resume 0', 'resume 1'])
    h.events(0, 3, 10)
    expect((await h.effectsSince()).at(-1)).toBe('commit 0 13')
  })

  it('delivers at once what was on its way when reading was paused', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    h.pipeline.pause()
    h.events(0, 0, 2)
    expect(await h.effectsSince()).toEqual(['pause 0', 'commit 0 0 intent 1', 'put a 0+0 0..1x2', 'commit 0 2'])
  })

  it('delivers all of it, also where the destination does not keep up', async () => {
    const h = new PipelineHarness()
    const open = h.hang()
    await h.assign(0)
    h.events(0, 0, 20) // one range being written, one waiting
    h.events(0, 20, 3)
    h.pipeline.pause()
    open()
    expect((await h.effectsSince()).at(-1)).toBe('commit 0 23')
    expect(h.delivered()).toEqual(Array.from({ length: 23 }, (_, n) => n))
  })

  it('reads nothing of a partition that it gets meanwhile', async () => {
    const h = new PipelineHarness()
    h.pipeline.pause()
    await h.assign(0)
    expect(await h.effectsSince()).toEqual(['pause 0'])
    h.pipeline.resume()
    expect(await h.effectsSince()).toEqual(['resume 0'])
  })

  it('keeps T0, probes and drops nothing, after the period too; resumed it is probed first', async () => {
    const h = await failing()
    h.pipeline.pause()
    const before = triesOf(h)
    expect(before).toBeGreaterThan(5)
    await h.effectsSince()
    await advance(h, 2 * PERIOD_MS)
    expect((await h.effectsSince()).filter((effect) => /^(fail|seek|resume)/.test(effect))).toEqual([])
    expect(h.drops).toEqual([])
    expect(h.health.trouble).toMatchObject({ state: 'credentials-failing', failingSinceMs: SINCE_MS })
    expect(h.metadata.get('events/0')).toContain(new Date(SINCE_MS).toISOString())
    h.pipeline.resume()
    await h.rest()
    expect(triesOf(h)).toBe(1)
    await advance(h, WHILE_MS)
    expect(h.health.totals.dropped).toBe(5)
  })

  it('delivers when it is resumed and the credentials work again', async () => {
    const h = await failing()
    h.pipeline.pause()
    await advance(h, 2 * PERIOD_MS)
    h.outage = null
    h.pipeline.resume()
    await h.rest()
    expect(h.delivered()).toEqual([0, 1, 2, 3, 4])
    expect([h.drops, h.health.trouble]).toEqual([[], undefined])
  })

  it('gives up nothing more when it is paused in the middle of a sweep', async () => {
    const h = await failing(100)
    h.beforeCommit = () => {
      if (h.drops.length === 3) h.pipeline.pause()
      return Promise.resolve()
    }
    await advance(h, 2 * PERIOD_MS)
    expect([h.drops.length, h.health.totals.dropped]).toEqual([3, 30])
    h.beforeCommit = null
    h.pipeline.resume()
    await advance(h, WHILE_MS)
    expect(h.health.totals.dropped).toBe(100)
  })
})

describe('what is shown of a partition', () => {
  it('begins with what is not committed, also while what was read is let go of', async () => {
    const h = await failing()
    expect(h.pipeline.partitions).toEqual([
      { topic: 'events', partition: 0, committed: 0, next: 0, offsets: 0, earliestMs: Infinity },
    ])
  })

  it('names the oldest event in memory, and nothing once it is committed', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    const texts = ['skip', 'a', 'a'].map((text, offset) => ({ offset, text, timestampMs: 1_000 - offset }))
    h.records(0, texts)
    expect(h.pipeline.partitions).toEqual([
      { topic: 'events', partition: 0, committed: 0, next: 3, offsets: 3, earliestMs: 998 },
    ])
    h.pipeline.flush()
    await h.rest()
    expect(h.pipeline.partitions).toEqual([
      { topic: 'events', partition: 0, committed: 3, next: 3, offsets: 0, earliestMs: Infinity },
    ])
  })
})

describe('what an operator asks for', () => {
  it('flush closes every open range', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    await h.assign(1)
    h.events(0, 0, 1)
    h.events(1, 0, 2, 'b')
    h.pipeline.flush()
    const effects = await h.effectsSince()
    expect(effects).toContain('put a 0+0 0..0x1')
    expect(effects).toContain('put b 1+0 0..1x2')
    expect([...h.offsets.values()]).toEqual([1, 2])
    expect([...h.health.tally.objects]).toEqual([['flush', 2]])
    expect(effects.filter((effect) => effect.startsWith('pause'))).toEqual([])
  })

  it('probe tries failing credentials at once', async () => {
    const h = await failing()
    const before = triesOf(h)
    h.pipeline.probe()
    await h.rest()
    expect(triesOf(h)).toBe(before + 1)
    h.outage = null
    h.pipeline.probe()
    await h.rest()
    expect(h.delivered()).toEqual([0, 1, 2, 3, 4])
  })

  it('probe tries at once what waits for a retry', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    h.outage = busy
    h.events(0, 0, 10)
    await advance(h, HOUR_MS)
    h.outage = null
    h.pipeline.probe()
    await h.rest()
    expect(h.offsets.get('events/0')).toBe(10)
  })
})
