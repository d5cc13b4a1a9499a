import { rm } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { reportLines } from '../chaos/report.js'
import { runStreamChaos } from '../chaos/streams/run.js'
import type { StreamKind } from '../chaos/streams/peer-program.js'
import { describeWithServers } from '../support/describe-with-servers.js'

/** Another one: CHAOS_SEED=1234. The 300,000 events: npm run test:chaos -- --destination kinesis, or event-hubs. */
const seed = Number(process.env['CHAOS_SEED'] ?? 2026)
const records = 61_500
const durationMs = 45_000
const KINDS: StreamKind[] = ['kinesis', 'event-hubs']

describeWithServers('crash test of the streams', ['java'], () => {
  /** Storm, healing and check take about 70 s; each of them has a limit of its own. */
  it.each(KINDS)(
    `%s: loses nothing and keeps the order of each key whatever fails (seed ${seed})`,
    { timeout: 900_000 },
    async (kind) => {
      const lines: string[] = []
      const report = await runStreamChaos({
        ...{ kind, seed, records, durationMs, kills: 3 },
        log: (line) => lines.push(line),
      })
      console.log([...lines, ...reportLines(report)].join('\n'))
      expect(report.problems.shown).toEqual([])
      expect(report.table['events to deliver']).toBeGreaterThanOrEqual(60_000)
    },
  )

  it('finds out a stream that forgets and swaps records', async () => {
    const small = { kind: 'kinesis', seed, records: 5_000, durationMs: 2_000, kills: 0, isSabotaged: true } as const
    const { problems, folder = '' } = await runStreamChaos({ ...small, log: () => undefined })
    await rm(folder, { recursive: true, force: true })
    expect(problems.count('missing')).toBeGreaterThan(0)
    expect(problems.count('order')).toBeGreaterThan(0)
  })
})
