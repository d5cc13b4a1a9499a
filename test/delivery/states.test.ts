import { describe, expect, it } from 'vitest'
import type { Failure, FailureClass } from '../../src/destinations/destination.js'
import { PipelineHarness } from '../support/pipeline-harness.js'

const HOUR_MS = 3_600_000
const answer = (failureClass: FailureClass): Omit<Failure, 'payload'> => ({
  class: failureClass,
  code: failureClass.toUpperCase(),
  message: 'it failed',
})

type Step = (h: PipelineHarness) => unknown

const advance = (ms: number) => async (h: PipelineHarness) => {
  await h.clock.advance(ms)
  await h.rest()
}
const answers =
  (failureClass: FailureClass | null): Step =>
  (h) => {
    h.outage = failureClass && answer(failureClass)
  }
const ledgerFails =
  (fails: boolean): Step =>
  (h) => {
    h.ledgerFails = fails
  }
const appendsFail =
  (times: number): Step =>
  (h) => {
    h.refusals = times
  }
const joins: Step = (h) => h.healthy()
const write: Step = async (h) => {
  const end = h.ends.get('events/0') ?? 0
  h.ends.set('events/0', end + 2)
  h.events(0, end, 2)
  await advance(1_000)(h)
}
const probe = advance(15 * 60_000)
const stop: Step = async (h) => {
  await h.pipeline.stop(new AbortController().signal)
  h.health.stopped()
}

/** Every transition of delivery.md §4: what happens, one after the other, and the state after each. */
const STORIES: [what: string, [step: Step, state: string][]][] = [
  [
    'starts',
    [
      [advance(1), 'starting'],
      [joins, 'running'],
      [write, 'running'],
    ],
  ],
  [
    'passes by itself',
    [
      [joins, 'running'],
      [answers('transient'), 'running'],
      [write, 'retrying'],
      [answers(null), 'retrying'],
      [advance(60_000), 'running'],
    ],
  ],
  [
    'is slowed down',
    [
      [joins, 'running'],
      [answers('throttled'), 'running'],
      [write, 'retrying'],
      [answers(null), 'retrying'],
      [advance(60_000), 'running'],
    ],
  ],
  [
    'waits for a person: configuration',
    [
      [joins, 'running'],
      [answers('configuration'), 'running'],
      [write, 'blocked'],
      [advance(100 * HOUR_MS), 'blocked'],
      [answers(null), 'blocked'],
      [probe, 'running'],
    ],
  ],
  [
    'waits for a person: clock',
    [
      [joins, 'running'],
      [answers('clock'), 'running'],
      [write, 'blocked'],
      [advance(100 * HOUR_MS), 'blocked'],
      [answers(null), 'blocked'],
      [probe, 'running'],
    ],
  ],
  [
    'has failing credentials that are mended',
    [
      [joins, 'running'],
      [answers('credentials'), 'running'],
      [write, 'credentials-failing'],
      [advance(47 * HOUR_MS), 'credentials-failing'],
      [answers(null), 'credentials-failing'],
      [probe, 'running'],
    ],
  ],
  [
    'stays so in an outage',
    [
      [joins, 'running'],
      [answers('credentials'), 'running'],
      [write, 'credentials-failing'],
      [answers('transient'), 'credentials-failing'],
      [advance(100 * HOUR_MS), 'credentials-failing'],
      [answers(null), 'credentials-failing'],
      [probe, 'running'],
    ],
  ],
  [
    'drops',
    [
      [joins, 'running'],
      [answers('credentials'), 'running'],
      [write, 'credentials-failing'],
      [appendsFail(1e9), 'credentials-failing'],
      [advance(48 * HOUR_MS + 1), 'dropping'],
      [appendsFail(0), 'dropping'],
      [advance(60_000), 'dropping'],
      [answers(null), 'dropping'],
      [write, 'dropping'],
      [probe, 'running'],
    ],
  ],
  [
    'cannot write the ledger',
    [
      [joins, 'running'],
      [ledgerFails(true), 'running'],
      [answers('credentials'), 'running'],
      [write, 'credentials-failing'],
      [advance(48 * HOUR_MS + 1), 'blocked'],
      [ledgerFails(false), 'blocked'],
      [probe, 'dropping'],
      [answers(null), 'dropping'],
      [write, 'dropping'],
      [probe, 'running'],
    ],
  ],
  [
    'has trouble with Kafka',
    [
      [joins, 'running'],
      [(h) => h.trouble('KAFKA_UNREACHABLE', false), 'retrying'],
      [joins, 'running'],
      [(h) => h.trouble('TOPIC_MISSING', true), 'blocked'],
      [joins, 'running'],
    ],
  ],
  [
    'stops',
    [
      [joins, 'running'],
      [write, 'running'],
      [stop, 'stopped'],
    ],
  ],
]

describe('the state of a connector that', () => {
  it.each(STORIES)('%s', async (_what, steps) => {
    const h = new PipelineHarness({ maxAgeMs: 1_000 })
    h.onSeek = (partition, offset) => {
      const end = h.ends.get('events/0') ?? 0
      if (offset < end) h.events(partition, offset, end - offset)
    }
    await h.assign(0)
    const states = []
    for (const [step] of steps) {
      await step(h)
      await h.rest()
      states.push(h.health.state)
    }
    expect(states).toEqual(steps.map(([, state]) => state))
  })
})
