import { describe, expect, it } from 'vitest'
import type { Failure } from '../../../src/destinations/destination.js'
import { writeUntilSettled } from '../../../src/delivery/settle.js'
import { encodeMetadata, type CredentialMarks } from '../../../src/range/commit-metadata.js'
import { FakeClock } from '../../support/fake-clock.js'
import { PipelineHarness } from '../../support/pipeline-harness.js'

/** What the simulation of the 48-hour rule has found (test/simulation/credential-rule.test.ts), each minimised. */

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const refused: Omit<Failure, 'payload'> = { class: 'credentials', code: 'ExpiredToken', message: 'expired' }

async function failing() {
  const h = new PipelineHarness({ maxAgeMs: 1_000 })
  h.outage = refused
  h.ends.set('events/0', 5)
  h.onSeek = (partition, offset) => {
    if (offset < 5) h.events(partition, offset, 5 - offset)
  }
  await h.assign(0)
  h.events(0, 0, 5)
  await h.clock.advance(1_000)
  return h
}

async function advance(h: PipelineHarness, ms: number) {
  await h.clock.advance(ms)
  await h.rest()
}

const putsOf = (h: PipelineHarness) => h.effects.filter((effect) => effect.startsWith('put'))

describe('found by simulation', () => {
  it('a clock that is set back by days puts off no probe', async () => {
    const h = await failing()
    await advance(h, HOUR_MS)
    h.clock.jump(-72 * HOUR_MS)
    h.outage = null
    await advance(h, 20 * MINUTE_MS)
    expect(putsOf(h)).toEqual(['put a 0+0 0..4x5'])
  })

  it('a clock that is known to be wrong sets no T0', async () => {
    const h = new PipelineHarness({ maxAgeMs: 1_000 })
    h.outage = { ...refused, serverAtMs: h.clock.nowMs() + 72 * HOUR_MS }
    h.onSeek = (partition, offset) => h.events(partition, offset, 5 - offset)
    await h.assign(0)
    h.events(0, 0, 5)
    await advance(h, 2 * MINUTE_MS)
    expect(h.metadata.get('events/0')).not.toContain('failingSince')
    expect(h.health.trouble?.message).toContain("this machine's clock cannot be trusted")
  })

  it('an instance with nothing to send learns from another one that the credentials work again', async () => {
    const h = new PipelineHarness()
    const sinceMs = h.clock.nowMs() - HOUR_MS
    const failingMark = { failing: { sinceMs, place: 'here', code: 'ExpiredToken', told: 1 } }
    const metadata = encodeMetadata({ intent: null, marks: failingMark })
    h.metadata.set('events/0', metadata)
    await h.assign(0, { metadata })
    expect(h.health.state).toBe('credentials-failing')
    h.metadata.set('events/1', encodeMetadata({ intent: null, marks: { deliveredAtMs: h.clock.nowMs() } }))
    await advance(h, MINUTE_MS)
    expect(h.health.trouble).toBeUndefined()
  })

  it('a delivery of another instance between two looks is not one of now, however often we were refused since', async () => {
    const h = await failing()
    const marked = (marks: CredentialMarks) => encodeMetadata({ intent: null, marks })
    const deliveredAtMs = h.clock.nowMs() + MINUTE_MS
    h.metadata.set('events/1', marked({ deliveredAtMs: 0 }))
    await advance(h, 40_000)
    await h.clock.advance(30_000)
    // It delivers, fails as well and dies; a partition of it becomes ours before the next look.
    const sinceMs = deliveredAtMs + 1_000
    h.metadata.set('events/1', marked({ deliveredAtMs }))
    h.metadata.set('events/2', marked({ failing: { sinceMs, place: 'here', code: 'ExpiredToken', told: 1 } }))
    await h.assign(1, { metadata: marked({ deliveredAtMs }) })
    await advance(h, 10 * MINUTE_MS)
    expect(h.health.trouble?.failingSinceMs).toBe(sinceMs)
  })

  it('the success that a failure follows is recorded beside it, and told by it to nobody as one of now', async () => {
    const first = new PipelineHarness({ maxAgeMs: 1_000 })
    const deliveredAtMs = first.clock.nowMs() - 1_000
    const marked = (marks: CredentialMarks) => encodeMetadata({ intent: null, marks })
    // As of a part that was acknowledged while the lease died: no other partition has it.
    first.metadata.set('events/1', marked({ deliveredAtMs }))
    first.outage = refused
    first.onSeek = (partition, offset) => first.events(partition, offset, 5 - offset)
    await first.assign(0)
    first.events(0, 0, 5)
    await advance(first, 2 * MINUTE_MS)
    expect(first.metadata.get('events/0')).toContain(new Date(deliveredAtMs).toISOString())

    const second = await failing()
    await advance(second, 2 * MINUTE_MS)
    const failingSinceMs = second.health.trouble!.failingSinceMs!
    second.metadata.set('events/7', marked({ deliveredAtMs: 0 }))
    await advance(second, HOUR_MS)
    const failingMark = { sinceMs: failingSinceMs + 2, place: 'here', code: 'ExpiredToken', told: 1 }
    second.metadata.set('events/7', marked({ deliveredAtMs: failingSinceMs - 1, failing: failingMark }))
    await advance(second, HOUR_MS)
    expect(second.health.trouble?.failingSinceMs).toBe(failingSinceMs)
  })

  describe('an answer', () => {
    const payloads = ['a', 'b'].map((key) => ({ key, body: () => Promise.resolve(Buffer.from(key)) }))
    const failed: Failure = { payload: payloads[1]!, class: 'transient', code: 'ABORTED', message: 'aborted' }

    /** Writes while `during` happens; resolves to what was told of the answer. */
    async function answerOf(
      failures: Failure[],
      during: (credentials: { secret: string }) => void,
      lease: AbortSignal,
    ) {
      const told: { acknowledged: number; secret: string }[] = []
      const credentials = {
        secret: 'first',
        answered: (_source: string, failures: readonly Failure[], sent: number, secret: string) => {
          told.push({ acknowledged: sent - failures.length, secret })
          return 'hold' as const
        },
        nudged: new AbortController().signal,
      }
      const write = () => {
        during(credentials)
        return Promise.resolve(failures)
      }
      const destination = { write, check: () => Promise.resolve([]), close: () => Promise.resolve() }
      const times = { clock: new FakeClock(), random: () => 0.5, stopping: new AbortController().signal }
      const parts = { destination, credentials, health: new PipelineHarness().health, ...times }
      await writeUntilSettled(payloads, parts, 'events/0', lease)
      return told
    }

    it('of which a part was acknowledged while the lease died proves that the credentials work', async () => {
      const lease = new AbortController()
      const told = await answerOf([failed], () => lease.abort(), lease.signal)
      expect(told).toEqual([{ acknowledged: 1, secret: 'first' }])
    })

    it('is about the secret with which it was asked for', async () => {
      const changed = (credentials: { secret: string }) => void (credentials.secret = 'second')
      const told = await answerOf([failed], changed, new AbortController().signal)
      expect(told).toEqual([{ acknowledged: 1, secret: 'first' }])
    })
  })

  it('a success counts from its acknowledgement, however long the dead letters beside it take', async () => {
    const h = new PipelineHarness({ maxAgeMs: 1_000 })
    await h.assign(0)
    h.records(0, [
      { offset: 0, text: 'a 0' },
      { offset: 1, text: 'bad 1' },
    ])
    h.refusals = 10
    const acknowledgedMs = h.clock.nowMs() + 1_000
    await advance(h, HOUR_MS)
    expect(h.deadLetters.length).toBe(1)
    expect(h.metadata.get('events/0')).toContain(new Date(acknowledgedMs).toISOString())
  })
})
