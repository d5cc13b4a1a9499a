import { parseArgs } from 'node:util'
import { reportLines } from './report.js'
import { runChaos } from './run.js'
import { runStreamChaos } from './streams/run.js'

/** What two cores can carry beside servers and faults, so that the backlog does not grow. */
const RECORDS_PER_MINUTE = 150_000

/** Of a stream: 300,000 events to deliver, and two in a hundred that are not. */
const STREAM_RECORDS = 307_000
const STREAM_MINUTES = 2
const STREAM_KILLS = 3

const { values } = parseArgs({
  options: {
    destination: { type: 'string', default: 's3' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    records: { type: 'string' },
  },
})
const { destination } = values
const isStream = destination === 'kinesis' || destination === 'event-hubs'
const minutes = Number(values.minutes ?? (isStream ? STREAM_MINUTES : 10))
const seed = Number(values.seed)
const perMinute = Math.max(200_000, Math.round(minutes * RECORDS_PER_MINUTE))
const records = Number(values.records ?? (isStream ? STREAM_RECORDS : perMinute))
if (!(isStream || destination === 's3') || !(minutes > 0) || !Number.isSafeInteger(seed) || !(records > 0)) {
  console.error('npm run test:chaos -- [--destination s3|kinesis|event-hubs] [--minutes N] [--seed S] [--records N]')
  process.exit(2)
}
const again = `npm run test:chaos -- --destination ${destination} --minutes ${minutes} --seed ${seed}`
console.log(`Crash test: ${records} records in ${minutes} minutes; again: ${again}`)
const options = { seed, records, durationMs: minutes * 60_000, log: (line: string) => console.log(line) }
const report = await (isStream
  ? runStreamChaos({ ...options, kind: destination, kills: STREAM_KILLS })
  : runChaos(options))
for (const line of reportLines(report)) console.log(line)
// What the servers' clients leave open would keep the process for a while.
process.exit(report.problems.total === 0 ? 0 : 1)
