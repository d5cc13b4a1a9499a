import { relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { DemoRun } from './demo.js'
import { DemoError } from './options.js'
import { demoRecords } from './records.js'
import { counted } from './screen.js'
import { deliverAll, startService, type ServiceProcess } from './service.js'
import { openProducer, topic } from './topic.js'

/** A few events a second: something is always going on, and nothing fills up over night. */
const trickleMs = 200
const trickleSeed = 2

/** The service runs on and new events come in, until Ctrl-C; resolves when all of them are delivered. */
export async function keepRunning(run: DemoRun): Promise<void> {
  const { screen, servers, configurationFile, logFile, stop, page } = run
  const service = startService({ configurationFile, logFile })
  screen.heading('Everything stays up, with five new events a second. Ctrl-C ends it all.')
  screen.rows([
    ['status page', page],
    ['Kafka', `${servers.brokers.join(',')}, topic ${topic}`],
    ...(servers.s3
      ? [['S3', `${servers.s3.endpoint}, keys ${servers.s3.accessKeyId} and ${servers.s3.secretAccessKey}`] as const]
      : []),
    ['configuration', relative('.', configurationFile)],
    ['service log', relative('.', logFile)],
    [
      'your events',
      `node --import tsx ${produceProgram()} ${servers.brokers[0]} < events.jsonl   (a JSON event per line)`,
    ],
  ])
  screen.text('')
  const trickled = trickle(run)
  await Promise.race([trickled, unexpectedEnd(service, stop)])
  screen.progress('service', 'stopping: it delivers what it has read')
  // Ctrl-C has reached the service, too. A second signal would make it give up.
  await Promise.all([trickled, service.ended])
  // What came in after it had read the last time.
  await deliverAll({ configurationFile, logFile })
  screen.done('service', 'stopped; everything is delivered')
}

function produceProgram(): string {
  return relative('.', fileURLToPath(new URL('./produce.ts', import.meta.url)))
}

async function trickle({ servers, ledger, screen, stop }: DemoRun): Promise<void> {
  const producer = await openProducer(servers.brokers)
  const before = ledger.produced
  for (const record of demoRecords(trickleSeed)) {
    if (stop.aborted) break
    await producer.send([record])
    ledger.add(record)
    screen.progress('events', `${counted(ledger.produced - before)} new ones produced`)
    await sleep(trickleMs, undefined, { signal: stop }).catch(() => undefined)
  }
  await producer.close()
}

async function unexpectedEnd(service: ServiceProcess, stop: AbortSignal): Promise<void> {
  await service.ended
  if (!stop.aborted) throw new DemoError('The service has ended by itself; see its log.')
}
