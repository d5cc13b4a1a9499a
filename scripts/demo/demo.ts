import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { SAMPLE_TYPES } from '../../test/support/sample-events.js'
import { freePorts } from '../servers/ports.js'
import { outputFolder, writeConfiguration } from './configuration.js'
import { keepRunning } from './keep.js'
import { Ledger } from './ledger.js'
import { objectStore } from './objects.js'
import type { DemoOptions } from './options.js'
import { demoRecords } from './records.js'
import { isComplete, nextSteps, tableOf } from './report.js'
import { counted, type Screen } from './screen.js'
import { startServers, type Servers } from './servers.js'
import { deliverAll } from './service.js'
import { countArrived } from './tally.js'
import { createTopic, openProducer, partitions, produceAll, readDeadLetters, topic } from './topic.js'

/** The same events every time: what was seen once can be looked at again. */
const seed = 1

/** Where everything of one run lies. */
export interface DemoRun {
  options: DemoOptions
  servers: Servers
  screen: Screen
  ledger: Ledger
  stop: AbortSignal
  workFolder: string
  configurationFile: string
  logFile: string
  /** Address of the status page, while the service stays up. */
  page: string
}

/** The whole demo; resolves to the exit code: 0 only when every event is in exactly one object. */
export async function runDemo(options: DemoOptions, screen: Screen, stop: AbortSignal): Promise<number> {
  const to = options.destination === 's3' ? 'S3' : 'a folder'
  screen.heading(`Millrace demo: ${counted(options.events)} events from Kafka to ${to}, each exactly once`)
  const workFolder = await emptyWorkFolder(options.folder)
  screen.progress('servers', 'starting (they are downloaded the first time)')
  const servers = await startServers(options, workFolder)
  try {
    stop.throwIfAborted()
    const addresses = [`Kafka at ${servers.brokers.join(',')}`, ...(servers.s3 ? [`S3 at ${servers.s3.endpoint}`] : [])]
    screen.done('servers', addresses.join(', '))
    const [httpPort] = (await freePorts(1)) as [number]
    const configurationFile = await writeConfiguration(workFolder, servers, httpPort)
    const logFile = join(workFolder, 'service.log')
    return await deliverAndCount({
      ...{ options, servers, screen, stop, workFolder, configurationFile, logFile },
      page: `http://127.0.0.1:${httpPort}`,
      ledger: new Ledger(),
    })
  } finally {
    await servers.stop()
  }
}

async function deliverAndCount(run: DemoRun): Promise<number> {
  const { options, screen, stop, configurationFile, logFile } = run
  await produceEvents(run)
  screen.progress('service', 'starting')
  await deliverAll({ configurationFile, logFile, onProgress: (text) => screen.progress('service', text) })
  stop.throwIfAborted()
  screen.done('service', 'node dist/main.js run --once: everything is delivered')
  const isGood = await showTable(run)
  if (!options.keep) return isGood ? 0 : 1
  await keepRunning(run)
  return (await showTable(run)) ? 0 : 1
}

async function produceEvents({ options, servers, screen, ledger, stop }: DemoRun): Promise<void> {
  await createTopic(servers.brokers)
  const producer = await openProducer(servers.brokers)
  try {
    const onProgress = (produced: number) => screen.progress('events', `${counted(produced)} produced`)
    await produceAll(producer, demoRecords(seed, options.events), { ledger, stop, onProgress })
  } finally {
    await producer.close()
  }
  const types = `${SAMPLE_TYPES.length} types`
  screen.done('events', `${counted(ledger.produced)} of ${types} in topic ${topic}, ${partitions} partitions`)
}

/** Reads everything back and shows the counts; whether they are as they should be. */
async function showTable({ servers, screen, ledger, workFolder, configurationFile }: DemoRun): Promise<boolean> {
  screen.progress('check', 'reading every object back')
  const store = objectStore(servers, workFolder)
  const tally = await countArrived(ledger, store, await readDeadLetters(servers.brokers))
  screen.done('check', 'every object read back')
  screen.heading('Counted from the objects themselves')
  screen.rows(tableOf(tally))
  screen.text(nextSteps({ tally, liesIn: store.liesIn, configurationFile }))
  return isComplete(tally)
}

/** Removes what an earlier demo has left, and nothing else that may lie there. */
async function emptyWorkFolder(folder: string): Promise<string> {
  const workFolder = resolve(folder)
  await mkdir(workFolder, { recursive: true })
  for (const name of ['s3', outputFolder, 'keys', 'millrace.yaml', 'service.log']) {
    await rm(join(workFolder, name), { recursive: true, force: true })
  }
  return workFolder
}
