import type { Failure } from '../../../src/destinations/destination.js'
import type { PipelineParts } from '../../../src/pipeline.js'
import type { Clock } from '../../../src/runtime/clock.js'
import type { Climate } from './rule-run.js'
import type { RuleMutation } from './rule-instances.js'

/** A fault that the simulation must catch, put into what the pipeline is given. */
export interface RuleMutant extends RuleMutation {
  climate: Partial<Climate>
  /** What is said of it, among other things. */
  caught: RegExp
}

/** Minutes instead of days: most faults show as well, and sooner. */
const SHORT: Partial<Climate> = { periodMs: 600_000, clocks: 'right', isDark: false, onExpiry: 'drop' }

/** How long the ledger lags behind in the mutant that commits before it. */
const LAG_MS = 2_000

export const MUTANTS: Record<string, RuleMutant> = {
  'T0 only in memory': {
    climate: SHORT,
    metadata: (text) => without(text, ['failingSince', 'place', 'told']),
    caught: /T0 moved .* without a success|told twice/,
  },
  'a timeout counted as credential failure': {
    climate: SHORT,
    parts: ({ destination }) => ({
      destination: {
        ...destination,
        write: async (...given) => (await destination.write(...given)).map(asRefusal),
      },
    }),
    caught: /no refusal/,
  },
  'a success of another connector resetting the clock': {
    climate: SHORT,
    parts: ({ group, clock }) => ({
      group: {
        ...group,
        committed: async () => [...(await group.committed()), { source: 'other/0', metadata: delivered(clock) }],
      },
    }),
    caught: /to none without a success|told without a success/,
  },
  'the ledger after the commit': {
    climate: SHORT,
    parts: ({ writer }, kafka) => ({
      writer: {
        write: (topic, records) => {
          if (topic !== 'drops') return writer.write(topic, records)
          kafka.world.after(LAG_MS, () => void writer.write(topic, records).catch(() => undefined))
          return Promise.resolve()
        },
      },
    }),
    caught: /was committed, and is nowhere/,
  },
  'a sweep beyond the high watermark at its start': {
    climate: SHORT,
    parts: ({ group }) => ({ group: { ...group, ends: async () => beyond(await group.ends()) } }),
    caught: /beyond the high watermark/,
  },
  'the group is not asked': {
    climate: SHORT,
    parts: ({ group }) => ({ group: { ...group, committed: () => Promise.resolve([]) } }),
    caught: /of failing credentials/,
  },
  'successes are not recorded': {
    climate: SHORT,
    metadata: (text) => without(text, ['deliveredAt']),
    caught: /of failing credentials/,
  },
  'the secret is not looked at': {
    climate: SHORT,
    parts: () => ({ secrets: { read: () => ({ digest: 'one', isFresh: true }), pollMs: null } }),
    caught: /although the secret (has changed|cannot be read)/,
  },
  'every clock is believed': {
    climate: { clocks: 'jumping', onExpiry: 'drop', isDark: false },
    parts: ({ destination, clock }) => ({
      destination: {
        ...destination,
        write: async (...given) => (await destination.write(...given)).map(timeless),
      },
      clock: { ...clock, monotonicMs: () => clock.nowMs() },
    }),
    caught: /with a wrong clock|of failing credentials/,
  },
  'onExpiry is not looked at': {
    climate: { ...SHORT, onExpiry: 'hold' },
    parts: ({ credentialFailure }) => ({ credentialFailure: { ...credentialFailure, onExpiry: 'drop' } }),
    caught: /although onExpiry is hold/,
  },
  'what was told is forgotten': {
    climate: SHORT,
    metadata: (text) => text.replace(/"told":\d+/, '"told":0'),
    caught: /told twice/,
  },
}

function asRefusal(failure: Failure): Failure {
  return failure.class === 'transient' ? { ...failure, class: 'credentials' } : failure
}

function timeless({ payload, class: failureClass, code, message }: Failure): Failure {
  return { payload, class: failureClass, code, message }
}

/** The last time was at a full five minutes. */
function delivered(clock: Clock): string {
  const nowMs = clock.nowMs()
  return JSON.stringify({ v: 1, deliveredAt: new Date(nowMs - (nowMs % 300_000)).toISOString() })
}

type Ends = Awaited<ReturnType<PipelineParts['group']['ends']>>

const beyond = (ends: Ends): Ends => new Map([...ends].map(([source, end]) => [source, end + 1_000]))

function without(text: string, names: readonly string[]): string {
  if (text === '') return ''
  const kept = Object.entries(JSON.parse(text) as Record<string, unknown>).filter(([name]) => !names.includes(name))
  return JSON.stringify(Object.fromEntries(kept))
}
