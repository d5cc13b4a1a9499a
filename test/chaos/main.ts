import { parseArgs } from 'node:util'
import { reportLines } from './report.js'
import { runChaos } from './run.js'

/** What two cores can carry beside servers and faults, so that the backlog does not grow. */
const RECORDS_PER_MINUTE = 150_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    records: { type: 'string' },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
const records = Number(values.records ?? Math.max(200_000, Math.round(minutes * RECORDS_PER_MINUTE)))
if (!(minutes > 0) || !Number.isSafeInteger(seed) || !(records > 0)) {
  console.error('npm run test:chaos -- [--minutes N] [--seed S] [--records N]')
  process.exit(2)
}
console.log(
  `Crash test: ${records} records in ${minutes} minutes; again: npm run test:chaos -- --minutes ${minutes} --seed ${seed}`,
)
const report = await runChaos({ seed, records, durationMs: minutes * 60_000, log: (line) => console.log(line) })
for (const line of reportLines(report)) console.log(line)
// What the servers' clients leave open would keep the process for a while.
process.exit(report.problems.total === 0 ? 0 : 1)
