// npm run demo: real Kafka, real S3, the real service. Everything it says about its options stands in `help`.
import { parseArgs } from 'node:util'
import { installAsGroup, runAsGroup } from './process-group.mjs'
import { fileURLToPath } from 'node:url'

const help = `
Millrace demo: produces events into a real Kafka, lets the service deliver them, and counts what has arrived.

  npm run demo -- [options]

  --events N              how many events are produced (default 50000)
  --destination NAME      s3 (default) or folder
  --keep                  everything stays up afterwards, with new events coming in, until Ctrl-C
  --docker                Kafka and S3 from docker-compose.yml instead of local processes (which need Java and Maven)
  --folder PATH           where configuration and objects go (default .cache/demo); what an earlier demo left is removed
  --help                  this text

Examples
  npm run demo
  npm run demo -- --events 500000
  npm run demo -- --keep --destination folder
`.trim()

const options = readOptions()
if (options.help) {
  console.log(help)
} else {
  process.exitCode = (await installAsGroup()) || (await runAsGroup(demo(options)))
}

function demo(options) {
  return ['--import', 'tsx', fileURLToPath(new URL('./demo/main.ts', import.meta.url)), JSON.stringify(options)]
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        events: { type: 'string', default: '50000' },
        destination: { type: 'string', default: 's3' },
        keep: { type: 'boolean', default: false },
        docker: { type: 'boolean', default: false },
        folder: { type: 'string', default: '.cache/demo' },
        help: { type: 'boolean', default: false },
      },
    })
    return { ...values, events: countOf(values.events), destination: destinationOf(values.destination) }
  } catch (error) {
    console.error(`${error.message}\nnpm run demo -- --help tells all options.`)
    process.exit(2)
  }
}

function countOf(text) {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new Error(`--events ${text}: give a whole number above 0, such as 50000.`)
}

function destinationOf(name) {
  if (name === 's3' || name === 'folder') return name
  throw new Error(`--destination ${name}: give s3 or folder.`)
}
