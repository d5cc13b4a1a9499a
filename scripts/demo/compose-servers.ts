import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { dockerWorks } from '../servers/docker-servers.js'
import { waitForBrokers } from '../servers/kafka-readiness.js'
import { DemoError, type DemoOptions } from './options.js'
import type { Servers } from './servers.js'

/** Of its own, so that the demo touches no containers and no objects of yours. */
const project = 'millrace-demo'
const composeFile = join(import.meta.dirname, '..', '..', 'docker-compose.yml')

/** The ports that docker-compose.yml opens on this machine. */
const brokers = ['localhost:9092']
const endpoint = 'http://localhost:9000'

const readyTimeoutMs = 60_000
const pollIntervalMs = 200

/** Kafka and S3 of docker-compose.yml, with nothing from an earlier demo in them. Objects stay in a volume. */
export async function startComposeServers({ destination }: DemoOptions): Promise<Servers> {
  if (!(await dockerWorks())) {
    throw new DemoError('No Docker engine answers: start it, or run the demo without --docker (it then needs Java).')
  }
  await compose('down', '--volumes')
  const stop = () => compose('down')
  try {
    await compose('up', '--detach', 'kafka', ...(destination === 's3' ? ['s3'] : []))
    await waitForBrokers(brokers, 1)
    if (destination === 'folder') return { brokers, stop }
    await answers(endpoint)
    const objectsLieIn = `the Docker volume ${project}_objects (remove it: docker volume rm ${project}_objects)`
    return {
      brokers,
      s3: { endpoint, accessKeyId: 'millrace', secretAccessKey: 'millrace-secret', objectsLieIn },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function compose(...args: string[]): Promise<void> {
  try {
    await promisify(execFile)('docker', ['compose', '--project-name', project, '--file', composeFile, ...args])
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    throw new DemoError(`docker compose ${args.join(' ')} failed:\n${stderr.trim() || message}`, { cause: error })
  }
}

async function answers(url: string): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  ) {
    if (Date.now() > deadline) throw new DemoError(`S3 at ${url} does not answer.`)
    await sleep(pollIntervalMs)
  }
}
