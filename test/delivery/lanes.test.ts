import { describe, expect, it } from 'vitest'
import { PipelineHarness } from '../support/pipeline-harness.js'

describe('where a partition starts', () => {
  it.each([
    { from: 'beginning' as const, first: 3 },
    { from: 'end' as const, first: 70 },
    { from: 40_000, first: 40 },
  ])('pins a brand-new connector at $from before anything is read', async ({ from, first }) => {
    const h = new PipelineHarness({ from })
    expect(await h.assign(0, { committed: null, low: 3, high: 70 })).toBe(first)
    expect(await h.effectsSince()).toEqual([`commit 0 ${first}`])
  })

  it('fault 54: a partition that a topic has gained starts at its beginning, whatever `from` says', async () => {
    const h = new PipelineHarness({ from: 'end' })
    expect(await h.assign(4, { committed: null, low: 0, high: 70, isNewPartition: true })).toBe(0)
  })

  it('goes on at the committed offset', async () => {
    const h = new PipelineHarness({ from: 'end' })
    expect(await h.assign(0, { committed: 12, high: 70 })).toBe(12)
    expect(await h.effectsSince()).toEqual([])
  })

  it('ignores what another tool left in the commit', async () => {
    const h = new PipelineHarness()
    expect(await h.assign(0, { committed: 12, metadata: 'reset by bob' })).toBe(12)
  })

  it('does not touch a partition whose commit a newer Millrace wrote', async () => {
    const h = new PipelineHarness()
    await expect(h.assign(0, { committed: 12, metadata: '{"v":2}' })).rejects.toThrow(/newer Millrace/)
    expect(h.health.state).toBe('blocked')
    h.revoke(0)
    expect(h.health.trouble).toBeUndefined()
  })

  it('waits for schemas that a range in writing was begun with', async () => {
    const h = new PipelineHarness()
    const range = {
      end: 20,
      folder: 'f',
      cluster: 'c',
      zone: 'z',
      topicInKey: false,
      codec: 'null',
      schemas: { 'x.Y': 2 },
    }
    await expect(h.assign(0, { committed: 12, metadata: JSON.stringify({ v: 1, range }) })).rejects.toThrow(/x\.Y/)
  })
})

describe('offsets that are not there', () => {
  it('fault 51: removed before delivery: a recorded gap, reading goes on at the first that is left', async () => {
    const h = new PipelineHarness({ from: 'end' })
    await h.assign(0, { committed: 5, low: 40, high: 60 })
    h.outOfRange(0, { position: 5, low: 40, high: 60 })
    h.events(0, 40, 1)
    await h.clock.advance(300_000)
    expect(await h.effectsSince()).toEqual([
      'seek 0 40',
      'commit 0 5 intent 40',
      'put a 0+40 40..40x1',
      'append drops 1',
      'commit 0 41',
    ])
    expect(JSON.parse(String(h.drops[0]?.value))).toMatchObject({
      connector: 'test',
      topic: 'events',
      partition: 0,
      firstOffset: 5,
      lastOffset: 39,
      reason: 'retention',
    })
    expect(h.health.totals.gapOffsets).toBe(35)
  })

  it('fault 53: a topic that ends before what was read is blocked, and looked at again', async () => {
    const h = new PipelineHarness()
    await h.assign(0, { committed: 100, high: 20 })
    h.outOfRange(0, { position: 100, low: 0, high: 20 })
    expect(h.health.state).toBe('blocked')
    expect(h.health.trouble?.code).toBe('TOPIC_RECREATED')
    expect(await h.effectsSince()).toEqual([])
    await h.clock.advance(30_000)
    expect(await h.effectsSince()).toEqual(['seek 0 100'])
    h.events(0, 100, 1)
    expect(h.health.trouble).toBeUndefined()
  })
})

describe('memory', () => {
  it('closes the largest range first and pauses until there is room', async () => {
    const h = new PipelineHarness({ limits: { maxEvents: 100, maxEventsUnderLoad: 100, maxBytes: 1e6 } }, 2_000)
    const open = h.hang()
    await h.assign(0)
    await h.assign(1)
    h.events(0, 0, 5)
    h.events(1, 0, 15)
    const effects = await h.effectsSince()
    expect(effects).toEqual(['pause 0', 'pause 1', 'commit 1 0 intent 14'])
    open()
    expect(await h.effectsSince()).toEqual(['put a 1+0 0..14x15', 'commit 1 15', 'resume 0', 'resume 1'])
  })

  it('reads a recorded range to its end even beyond the budget, one at a time', async () => {
    const range = { end: 29, folder: 'f', cluster: 'c', zone: 'z', topicInKey: false, codec: 'null' }
    const metadata = JSON.stringify({ v: 1, range })
    const h = new PipelineHarness({}, 1_000)
    await h.assign(0, { metadata })
    await h.assign(1, { metadata })
    h.events(0, 0, 8)
    h.events(1, 0, 6)
    expect(await h.effectsSince()).toEqual(['pause 1'])
    h.events(0, 8, 22)
    expect(await h.effectsSince()).toEqual(['pause 0', 'put a 0+0 0..29x30', 'commit 0 30', 'resume 0', 'resume 1'])
  })
})

describe('stopping', () => {
  it('delivers what was read, leaves the group, then releases the destination', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    h.events(0, 0, 3)
    await h.pipeline.stop(new AbortController().signal)
    expect(await h.effectsSince()).toEqual([
      'pause 0',
      'commit 0 0 intent 2',
      'put a 0+0 0..2x3',
      'commit 0 3',
      'close source',
      'close destination',
    ])
  })

  it('gives up when the grace period is over', async () => {
    const h = new PipelineHarness()
    h.hang()
    await h.assign(0)
    h.events(0, 0, 3)
    const abort = new AbortController()
    const stopped = h.pipeline.stop(abort.signal)
    expect(await h.effectsSince()).toEqual(['pause 0', 'commit 0 0 intent 2'])
    abort.abort()
    await stopped
    expect(await h.effectsSince()).toEqual(['close source', 'close destination'])
  })

  it('does not wait for a destination that failed when the stop was asked for: one more try', async () => {
    const h = new PipelineHarness()
    const failure = { class: 'configuration', code: 'NoSuchBucket', message: 'no bucket' } as const
    h.failures = [failure, failure]
    await h.assign(0)
    h.events(0, 0, 10)
    await h.effectsSince()
    await h.pipeline.stop(new AbortController().signal)
    expect(await h.effectsSince()).toEqual(['pause 0', 'fail NoSuchBucket', 'close source', 'close destination'])
  })

  it('drains: reads up to the given ends and delivers without waiting for age', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    h.pipeline.drainTo(new Map([['events/0', 4]]))
    h.events(0, 0, 3)
    expect(await h.effectsSince()).toEqual([])
    h.events(0, 3, 1)
    expect(await h.effectsSince()).toEqual(['pause 0', 'commit 0 0 intent 3', 'put a 0+0 0..3x4', 'commit 0 4'])
  })
})
