import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ConnectorReport } from '../../../src/cli/test-report.js'
import { AwsFaultPeer, type PeerFault } from '../../support/aws-fault-peer.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { createTopic, produce, uniqueTopic, withAdmin } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'
import { createBucket, listKeys } from '../../support/s3-buckets.js'

const TYPE = 'users.messages.webhook.Send'
const event = (more: object = {}) =>
  JSON.stringify({ event_type: TYPE, id: 'e', user_id: 'u', time: 1_790_000_000, ...more })

interface Report {
  ok: boolean
  connectors: ConnectorReport[]
}

/** `name status`, in order. */
const brief = ({ checks }: ConnectorReport) => checks.map(({ name, status }) => `${name} ${status}`)

describeWithServers('millrace test', ['kafka', 's3'], ({ kafka: { brokers }, s3 }) => {
  const env = { ID: s3.accessKeyId, SECRET: s3.secretAccessKey }
  const keys = { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'env:SECRET' }

  async function configuration(connectors: Record<string, object>, more: object = {}) {
    const [topic, own] = [await createTopic(brokers, { partitions: 2 }), uniqueTopic('side')]
    const given = Object.entries(connectors).map(([name, connector]) => [name, { topics: [topic], ...connector }])
    const topics = { drops: `${own}-drops`, deadLetters: `${own}-dead` }
    return {
      topic,
      config: {
        kafka: { brokers, topics },
        accounts: { keys },
        connectors: Object.fromEntries(given) as object,
        ...more,
      },
    }
  }

  async function report(config: object, args: string[] = [], environment: Record<string, string> = env) {
    const place = await workplace(config, environment)
    const { code, stdout, stderr } = await place.run('test', '--json', '--wait', '0s', ...args)
    if (code !== 0 && code !== 3) throw new Error(stderr)
    return { code, ...(JSON.parse(stdout) as Report), output: stdout + stderr, place }
  }

  const toFolder = { destination: { type: 'folder', path: './out' } }

  it('a folder and a bucket that are fine; one marker stays in the bucket, nothing in the folder', async () => {
    const bucket = await createBucket(s3)
    const toBucket = { destination: { type: 's3', account: 'keys', bucket, endpoint: s3.endpoint } }
    const { config, topic } = await configuration({ folder: toFolder, bucket: toBucket })
    await produce(brokers, topic, [{ value: event() }, { value: event() }])
    const { code, connectors, place } = await report(config)
    expect(connectors.map(brief)).toEqual([
      [
        'destination ok',
        'write ok',
        'kafka ok',
        'kafka:Describe ok',
        'kafka:Read ok',
        'retention ok',
        'kafka:Read group ok',
        'kafka:Write ok',
        'kafka:Write ok',
        'schemas ok',
      ],
      [
        'secret ok',
        'address ok',
        'tls skipped',
        'clock ok',
        'credentials ok',
        'region ok',
        'bucket ok',
        's3:PutObject ok',
        'encryption skipped',
        's3:GetObject ok',
        's3:ListBucket ok',
        's3:GetBucketLocation ok',
        'kafka ok',
        'kafka:Describe ok',
        'kafka:Read ok',
        'retention ok',
        'kafka:Read group ok',
        'kafka:Write ok',
        'kafka:Write ok',
        'schemas ok',
      ],
    ])
    expect(code).toBe(0)
    expect(await readdir(place.folder)).toEqual(['millrace.yaml'])
    expect(await listKeys(s3, bucket)).toEqual(['currents/dataexport.local.S3.integration.bucket/.millrace-test'])
  })
})
