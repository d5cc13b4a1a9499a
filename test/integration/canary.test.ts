import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createKafkaOffsets } from '../../src/source/kafka-offsets.js'
import { readWholeTopic } from '../chaos/topic-reader.js'
import { describeWithServers } from '../support/describe-with-servers.js'
import { eventually } from '../support/eventually.js'
import { httpReceiver } from '../support/http-receiver.js'
import { createTopic, produce, uniqueTopic } from '../support/kafka-topics.js'
import { workplace } from '../support/millrace-process.js'
import { Moto } from '../support/moto.js'

/** Texts that are found wherever they get to. No two of them share a part. */
const SECRETS = {
  ACCESS_ID: 'AKIACANARYACCESSKEY1',
  SECRET_KEY: 'canarySecretAccessKeyXq7f9ZpL2mRt8sWvBnKd',
  TOKEN: 'canary-session-token-5512',
  HOOK: 'canary-hook-key-8831',
  HASH: 'canary-hash-key-2719',
  API: 'canary-api-token-3364',
  FILE: 'canaryFileSecretAccessKeyJw3kM8yTqXe5HgPz',
}
const PERSONAL = [
  'mallory@canary.example',
  'canary-external-id-4402',
  'canary-first-name-9920',
  'canary-undecodable-7106',
]

const event = (id: string) =>
  JSON.stringify({
    event_type: 'users.messages.email.Open',
    ...{ id, time: 1_790_000_000, user_id: 'u', email_address: PERSONAL[0], external_user_id: PERSONAL[1] },
    user_agent: PERSONAL[2],
  })

/** Everything that is HTTP. */
const PAGES = [
  ...[
    '/',
    '/c/refused',
    '/c/wrong',
    '/c/local',
    '/metrics',
    '/livez',
    '/readyz',
    '/api/v1/connectors',
    '/api/v1/drops',
  ],
  ...['', '/errors', '/timeline', '/drops', '/dead-letters', '/history'].flatMap((path) => [
    `/api/v1/connectors/refused${path}`,
    `/api/v1/connectors/local${path}`,
  ]),
  ...['/connectors?expand=info&expand=status', '/connectors/wrong/config', '/connectors/local/config', '/no-such-page'],
]

async function shown(url: string, token = SECRETS.API): Promise<string> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  return `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`
}

describeWithServers('planted secrets and personal data', ['kafka', 'moto'], (servers) => {
  const { brokers } = servers.kafka
  const moto = Moto.at(servers.moto)
  it('are in no log line, page, metric, error, notification, ledger entry, metadata or --json output', async () => {
    const topic = await createTopic(brokers)
    const side = uniqueTopic('side')
    const hook = await httpReceiver()
    const destination = { type: 's3', bucket: 'canary', region: 'us-east-1', endpoint: moto.endpoint }
    const credentialFailure = { period: 'PT2S' }
    const connector = { topics: [topic], files: { maxAge: 'PT0.2S' }, credentialFailure }
    const topics = { drops: `${side}-drops`, deadLetters: `${side}-dead`, health: `${side}-health` }
    const configuration = {
      kafka: { brokers, topics, groupPrefix: `${side}.` },
      service: { http: { port: 0, token: 'env:API' }, log: { level: 'trace' } },
      notifications: { webhooks: [{ url: hook.origin, secret: 'env:HOOK' }] },
      accounts: {
        keys: {
          type: 'aws',
          accessKeyId: 'env:ACCESS_ID',
          secretAccessKey: 'env:SECRET_KEY',
        },
        file: {
          type: 'aws',
          accessKeyId: 'env:ACCESS_ID',
          secretAccessKey: 'file:secret',
          sessionToken: 'env:TOKEN',
        },
      },
      connectors: {
        refused: { ...connector, destination: { ...destination, account: 'keys', folder: 'a' } },
        wrong: { ...connector, destination: { ...destination, account: 'file', folder: 'b' } },
        local: {
          ...connector,
          fields: { hash: ['external_user_id'], hashKey: 'env:HASH' },
          destination: { type: 'folder', path: './out' },
        },
      },
    }
    await moto.createBucket('canary')
    const user = await moto.createUser('canary')
    const allowed = { Effect: 'Allow', Action: 's3:PutObject', Resource: '*' }
    await moto.allowUser('canary', { Version: '2012-10-17', Statement: [allowed] })
    const env = { ...SECRETS, ACCESS_ID: user.accessKeyId, SECRET_KEY: user.secretAccessKey }
    const { folder, start, run } = await workplace(configuration, env)
    await writeFile(join(folder, 'secret'), `${SECRETS.FILE}\n`)
    const offsets = createKafkaOffsets({ kafka: { brokers, clientId: 'test', ssl: false } })
    const said: string[] = []
    const keep = ({ stdout, stderr }: { stdout: string; stderr: string }) => said.push(stdout, stderr)

    keep(await run('validate', '--json'))
    keep(await run('test', '--json', '--wait', '1s'))
    // Only a connector that has worked can have failing credentials; the one with a wrong secret is not started.
    await produce(brokers, topic, [{ value: event('before') }])
    keep(await run('run', '--connector', 'refused', '--once'))
    await moto.deleteKey(user)
    const service = start('run')
    await produce(brokers, topic, [{ value: event('x') }, { value: `{"${PERSONAL[3]}` }, { value: event('y') }])
    await service.says('events were given up')
    await eventually(async () => (await offsets.committed(`${side}.local`, [topic]))[0]?.offset === 4)
    const url = /"url":"([^"]+)"/.exec(service.stderr)![1]!
    said.push(...(await Promise.all(PAGES.map((path) => shown(`${url}${path}`)))), await shown(url, 'not the token'))
    keep(await run('status', '--json', '--url', url))
    keep(await run('status', 'refused', '--url', url))
    service.signal('SIGTERM')
    expect(await service.exited).toBe(0)
    keep(service)
    for (const args of [
      ['drops', 'list', '--json'],
      ['dead-letters', 'list', '--json'],
      ['policy', 'refused'],
      ['send-test', 'refused'],
      ['replay', '--all', '--json'],
      ['dead-letters', 'replay', '--json'],
      ['test', '--json', '--wait', '1s'],
      ['status', '--json'],
    ])
      keep(await run(...args))
    for (const group of ['refused', 'wrong', 'local'])
      said.push(JSON.stringify(await offsets.committed(`${side}.${group}`, [topic])))
    await offsets.close()
    for (const own of [topics.drops, topics.health])
      said.push(
        ...(await readWholeTopic(brokers, own)).map(
          ({ key, value, headers }) => `${String(key)} ${JSON.stringify(headers)} ${String(value)}`,
        ),
      )
    said.push(...hook.received.map((received) => JSON.stringify(received)))

    const all = said.join('\n')
    for (const part of [
      'local',
      'events were given up',
      'millrace_events_dropped_total',
      '<!doctype html>',
      '"kind":"journal"',
    ])
      expect(all).toContain(part)
    const found = [...Object.values(SECRETS), ...PERSONAL].filter((canary) => all.includes(canary))
    expect(found).toEqual([])
  })
})
