// npm run bench: what an event costs, beside bare kafkajs and beside the obvious pipeline.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { installAsGroup, runAsGroup } from './process-group.mjs'

const help = `
Millrace benchmark: the same events from one real Kafka through several programs, alternately:
  (a) bare kafkajs, which does nothing with them,
  (b) the obvious pipeline into S3 (scripts/bench/obvious.ts), and (c) Millrace,
  (d) the obvious pipeline into Kinesis (scripts/bench/obvious-kinesis.ts), and (e) Millrace,
  (f) the obvious pipeline into Event Hubs by user (scripts/bench/obvious-event-hubs.ts), and (g) Millrace,
  (h) the same without partition keys, and (i) Millrace.
Each run is a process of its own. CPU time and peak memory are what the operating system says of the whole process; what a
run over a few events costs (start, imports, joining the group) is measured, too, and subtracted: for all of them.

  npm run bench -- [options]

  --events N       events per run (default 200000)
  --rounds N       how often each program runs (default 3); medians are shown
  --sink NAME      http (default): a process that takes everything and counts; s3proxy: for objects a real S3 server
  --only LETTERS   which programs run (default abcdefghi)
  --check          exit 1 when a goal is missed
  --json           one JSON document on standard output
  --help           this text
`.trim()

const options = readOptions()
if (options.help) {
  console.log(help)
} else {
  process.exitCode = (await installAsGroup()) || (await runAsGroup(benchmark(options)))
}

function benchmark(options) {
  return ['--import', 'tsx', fileURLToPath(new URL('./bench/main.ts', import.meta.url)), JSON.stringify(options)]
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        events: { type: 'string', default: '200000' },
        rounds: { type: 'string', default: '3' },
        sink: { type: 'string', default: 'http' },
        only: { type: 'string', default: 'abcdefghi' },
        check: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.sink !== 'http' && values.sink !== 's3proxy')
      throw new Error(`--sink ${values.sink}: give http or s3proxy.`)
    if (!/^[a-i]+$/.test(values.only)) throw new Error(`--only ${values.only}: give letters from a to i.`)
    const events = countOf('events', values.events, 10_000)
    return { ...values, events, rounds: countOf('rounds', values.rounds, 1) }
  } catch (error) {
    console.error(`${error.message}\nnpm run bench -- --help tells all options.`)
    process.exit(2)
  }
}

function countOf(name, text, least) {
  const count = Number(text)
  if (Number.isInteger(count) && count >= least) return count
  throw new Error(`--${name} ${text}: give a whole number of at least ${least}.`)
}
