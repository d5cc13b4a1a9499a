import { Kafka, logLevel } from 'kafkajs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { startKafka } from '../../../scripts/servers/local-kafka.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, produce, readTopic } from '../../support/kafka-topics.js'

/** Its listeners that demand something, and three nodes of it, are shown by the tests of the source. */
describeWithServers('a local Kafka', ['java'], () => {
  it('keeps its data and its address over an orderly restart and over kill -9', async () => {
    const kafka = await startKafka()
    onTestFinished(() => kafka.stop())
    const topic = await createTopic(kafka.brokers)
    await produce(kafka.brokers, topic, [{ value: 'one' }])

    await kafka.restart()
    await produce(kafka.brokers, topic, [{ value: 'two' }])
    await kafka.kill()
    expect(kafka.pids).toEqual([])
    const impatient = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } })
    await expect(impatient.admin().connect()).rejects.toThrow()
    await kafka.restart()

    const records = await readTopic(kafka.brokers, topic, 2)
    expect(records.map(({ offset, value }) => [offset, String(value)])).toEqual([
      [0, 'one'],
      [1, 'two'],
    ])
  })

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
  })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
