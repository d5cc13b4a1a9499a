import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Kafka, logLevel, type KafkaConfig } from 'kafkajs'
import { expect, it, onTestFinished } from 'vitest'
import { createCertificateAuthority } from '../../../scripts/servers/certificates.js'
import { startKafka, type KafkaOptions } from '../../../scripts/servers/local-kafka.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, produce, readTopic } from '../../support/kafka-topics.js'

describeWithServers('a local Kafka', ['java'], () => {
  async function start(options?: KafkaOptions) {
    const kafka = await startKafka(options)
    onTestFinished(() => kafka.stop())
    return kafka
  }

  it('keeps its data and its address over an orderly restart and over kill -9', async () => {
    const kafka = await start()
    const topic = await createTopic(kafka.brokers)
    await produce(kafka.brokers, topic, [{ value: 'one' }])

    await kafka.restart()
    await produce(kafka.brokers, topic, [{ value: 'two' }])
    await kafka.kill()
    expect(kafka.pids).toEqual([])
    await expect(produce([kafka.brokers[0]!], topic, [{ value: 'lost' }])).rejects.toThrow()
    await kafka.restart()

    const records = await readTopic(kafka.brokers, topic, 2)
    expect(records.map(({ offset, value }) => [offset, String(value)])).toEqual([
      [0, 'one'],
      [1, 'two'],
    ])
  }, 90_000)

  it('ends with the process that started it, also after kill -9, and leaves nothing behind', async () => {
    const script = `
      import { startKafka } from './scripts/servers/local-kafka.ts'
      const { pids, folder } = await startKafka()
      console.log(JSON.stringify({ pid: pids[0], folder }))`
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [line] = (await once(createInterface(parent.stdout), 'line')) as [string]
    const { pid, folder } = JSON.parse(line) as { pid: number; folder: string }
    expect(isRunning(pid)).toBe(true)
    expect(existsSync(folder)).toBe(true)

    parent.kill('SIGKILL')

    await eventually(() => !isRunning(pid) && !existsSync(folder), { because: 'Kafka still runs or left its data' })
  }, 60_000)

  it('demands the password (SASL PLAIN) on its secured listener', async () => {
    const users = [{ name: 'millrace', password: 'right' }]
    const kafka = await start({ security: { sasl: { mechanism: 'PLAIN', users } } })
    const sasl = (password: string) => ({ mechanism: 'plain' as const, username: 'millrace', password })

    expect(await brokersSeen({ brokers: kafka.secureBrokers, sasl: sasl('right') })).toBe(1)
    await expect(brokersSeen({ brokers: kafka.secureBrokers, sasl: sasl('wrong') })).rejects.toThrow(
      /[Aa]uthentication/,
    )
  }, 60_000)

  it('demands a certificate of the right authority (mTLS) and a SCRAM password', async () => {
    const [authority, stranger] = await Promise.all([createCertificateAuthority(), createCertificateAuthority()])
    const users = [{ name: 'millrace', password: 'right' }]
    const tls = { ...(await authority.issue('kafka')), clientCa: authority.certificate }
    const kafka = await start({ security: { tls, sasl: { mechanism: 'SCRAM-SHA-512', users } } })
    const connect = async (issuer: typeof authority, password: string) => {
      const { certificate, key } = await issuer.issue('millrace')
      return brokersSeen({
        brokers: kafka.secureBrokers,
        ssl: { ca: authority.certificate, cert: certificate, key },
        sasl: { mechanism: 'scram-sha-512', username: 'millrace', password },
      })
    }

    expect(await connect(authority, 'right')).toBe(1)
    await expect(connect(authority, 'wrong')).rejects.toThrow(/[Aa]uthentication/)
    await expect(connect(stranger, 'right')).rejects.toThrow(/connection|certificate|closed|disconnected/i)
  }, 60_000)

  it('loses no acknowledged record when one of three nodes is killed', async () => {
    const kafka = await start({ nodes: 3 })
    const topic = await createTopic(kafka.brokers, { replicas: 3 })
    await produce(kafka.brokers, topic, [{ value: 'before' }])

    await kafka.nodes[0]!.kill()
    await produce(kafka.brokers.slice(1), topic, [{ value: 'during' }])
    await kafka.nodes[0]!.start()
    await kafka.ready()

    const records = await readTopic(kafka.brokers, topic, 2)
    expect(records.map(({ value }) => String(value))).toEqual(['before', 'during'])
  }, 120_000)
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function brokersSeen(config: KafkaConfig): Promise<number> {
  const admin = new Kafka({ ...config, logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin()
  try {
    await admin.connect()
    return (await admin.describeCluster()).brokers.length
  } finally {
    await admin.disconnect()
  }
}
