import { describe, expect, it } from 'vitest'
import { PipelineHarness } from '../support/pipeline-harness.js'

const intentTo = (end: number) =>
  JSON.stringify({ v: 1, range: { end, folder: 'old', cluster: 'c', zone: 'z', topicInKey: false, codec: 'null' } })

describe('a lane', () => {
  it('commits the intent, writes, commits: in this order', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    h.events(0, 0, 10)
    expect(await h.effectsSince()).toEqual(['commit 0 0 intent 9', 'put a 0+0 0..9x10', 'commit 0 10'])
  })

  it('closes at the event that fills one object, whatever the range holds beside it', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    h.events(0, 0, 6, 'b')
    h.events(0, 6, 14, 'a')
    expect(await h.effectsSince()).toEqual([
      'commit 0 0 intent 15',
      'put b 0+0 0..5x6',
      'put a 0+6 6..15x10',
      'commit 0 16',
    ])
  })

  it('closes by bytes of one object', async () => {
    const h = new PipelineHarness({ limits: { maxEvents: 100, maxEventsUnderLoad: 100, maxBytes: 300 } })
    await h.assign(0)
    h.events(0, 0, 4)
    expect((await h.effectsSince())[0]).toBe('commit 0 0 intent 2')
  })

  it('closes by age since the first record arrived, on a timer of its own', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    await h.clock.advance(299_000)
    h.events(0, 0, 2)
    await h.clock.advance(299_999)
    expect(await h.effectsSince()).toEqual([])
    await h.clock.advance(1)
    expect(await h.effectsSince()).toEqual(['commit 0 0 intent 1', 'put a 0+0 0..1x2', 'commit 0 2'])
  })

  it('commits without an intent what writes nothing', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    h.records(0, [
      { offset: 0, text: 'skip' },
      { offset: 1, text: '' },
    ])
    await h.clock.advance(300_000)
    expect(await h.effectsSince()).toEqual(['commit 0 2'])
    expect(h.health.totals).toMatchObject({ filtered: 1, tombstones: 1, events: 0, objects: 0 })
  })

  it('accounts for offsets that do not exist', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    h.records(0, [{ offset: 3, text: 'a' }], 9)
    await h.clock.advance(300_000)
    expect((await h.effectsSince()).at(-1)).toBe('commit 0 9')
  })

  it('makes the commit of one range and the intent of the next one commit', async () => {
    const h = new PipelineHarness()
    await h.assign(0)
    h.events(0, 0, 20)
    expect(await h.effectsSince()).toEqual([
      'commit 0 0 intent 9',
      'put a 0+0 0..9x10',
      'commit 0 10 intent 19',
      'put a 0+10 10..19x10',
      'commit 0 20',
    ])
  })

  it('lets an object grow while the destination does not keep up, then pauses, then reads on', async () => {
    const h = new PipelineHarness()
    const open = h.hang()
    await h.assign(0)
    h.events(0, 0, 20) // one range being written, one waiting
    h.events(0, 20, 19)
    expect(await h.effectsSince()).toEqual(['commit 0 0 intent 9'])
    h.events(0, 39, 1) // 20 events: its last limit
    expect(await h.effectsSince()).toEqual(['pause 0'])
    open()
    const effects = await h.effectsSince()
    expect(effects).toContain('put a 0+20 20..39x20')
    expect(effects).toContain('resume 0')
    expect(effects.at(-1)).toBe('commit 0 40')
  })

  it('writes a found intent first, exactly as recorded, then goes on', async () => {
    const h = new PipelineHarness()
    expect(await h.assign(0, { committed: 5, metadata: intentTo(17) })).toBe(5)
    h.events(0, 5, 20)
    // 13 events in one object although 10 fill one: the recorded end decides. No second intent for it.
    expect(await h.effectsSince()).toEqual(['put a 0+5 5..17x13', 'commit 0 18'])
    await h.clock.advance(300_000)
    expect(await h.effectsSince()).toEqual(['commit 0 18 intent 24', 'put a 0+18 18..24x7', 'commit 0 25'])
    expect(h.health.totals.intentsReplayed).toBe(1)
  })

  it('ends a found intent whose end was compacted away', async () => {
    const h = new PipelineHarness()
    await h.assign(0, { committed: 0, metadata: intentTo(9) })
    h.records(0, [
      { offset: 0, text: 'a' },
      { offset: 12, text: 'a' },
    ])
    expect(await h.effectsSince()).toEqual(['put a 0+0 0..0x1', 'commit 0 10'])
  })

  it('ends a found intent behind which nothing is left, and records the gap', async () => {
    const h = new PipelineHarness()
    await h.assign(0, { committed: 0, metadata: intentTo(9) })
    h.outOfRange(0, { position: 0, low: 50, high: 60 })
    expect(await h.effectsSince()).toEqual(['seek 0 50', 'append drops 1', 'commit 0 10'])
    h.events(0, 50, 1)
    await h.clock.advance(300_000)
    expect(await h.effectsSince()).toEqual([
      'commit 0 10 intent 50',
      'put a 0+50 50..50x1',
      'append drops 1',
      'commit 0 51',
    ])
    const gaps = h.drops.map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>)
    expect(gaps.map(({ firstOffset, lastOffset, reason }) => [firstOffset, lastOffset, reason])).toEqual([
      [0, 9, 'retention'],
      [10, 49, 'retention'],
    ])
  })

  it('drops everything at once when the lease dies: no write, no commit', async () => {
    const h = new PipelineHarness()
    const open = h.hang()
    await h.assign(0)
    h.events(0, 0, 10)
    expect(await h.effectsSince()).toEqual(['commit 0 0 intent 9'])
    h.revoke(0)
    open()
    expect((await h.effectsSince()).filter((effect) => effect.startsWith('commit'))).toEqual([])
  })

  it('writes nothing when the intent was refused', async () => {
    const h = new PipelineHarness()
    h.commitOutcomes = ['lost']
    await h.assign(0)
    h.events(0, 0, 10)
    expect(await h.effectsSince()).toEqual(['commit 0 0 intent 9'])
  })

  it('writes again until all is durable, and commits only then', async () => {
    const h = new PipelineHarness()
    const failure = { class: 'transient', code: 'InternalError', message: 'failed' } as const
    h.failures = [failure, failure]
    await h.assign(0)
    h.events(0, 0, 10)
    expect(await h.effectsSince()).toEqual(['commit 0 0 intent 9', 'fail InternalError'])
    expect(h.health.state).toBe('retrying')
    await h.clock.advance(100)
    expect(await h.effectsSince()).toEqual(['fail InternalError'])
    await h.clock.advance(200)
    expect(await h.effectsSince()).toEqual(['put a 0+0 0..9x10', 'commit 0 10'])
    expect(h.health.trouble).toBeUndefined()
  })

  it('fault 49: events wait while the dead-letter topic cannot be written', async () => {
    const h = new PipelineHarness()
    h.refusals = 2
    await h.assign(0)
    h.records(0, [
      { offset: 0, text: 'bad' },
      { offset: 1, text: 'a' },
    ])
    await h.clock.advance(300_000)
    expect(await h.effectsSince()).toEqual(['commit 0 0 intent 1', 'put a 0+1 1..1x1'])
    expect(h.health.state).toBe('blocked')
    await h.clock.advance(60_000)
    expect(await h.effectsSince()).toEqual(['append dead 1', 'commit 0 2'])
    const [letter] = h.deadLetters
    const headers = Object.fromEntries(letter?.headers.map(({ name, value }) => [name, String(value)]) ?? [])
    expect(String(letter?.key)).toBe('key')
    expect(String(letter?.value)).toBe('bad')
    expect(headers).toMatchObject({
      own: 'header',
      'millrace.connector': 'test',
      'millrace.topic': 'events',
      'millrace.partition': '0',
      'millrace.offset': '0',
      'millrace.reason': 'NOT_JSON',
      'millrace.message': 'no JSON',
    })
  })
})
