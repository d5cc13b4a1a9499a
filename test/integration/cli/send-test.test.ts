import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readAvroObject } from '../../../src/encoding/avro-reader.js'
import { deliveredEvents } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { workplace } from '../../support/millrace-process.js'
import { createBucket, listKeys, readObjects } from '../../support/s3-buckets.js'

const OPEN = 'users.messages.email.Open'
const NAME = 'dataexport.local.S3.integration.local'

/** It never asks Kafka for anything. */
const NOWHERE = { brokers: ['127.0.0.1:1'] }

function configuration(destination: object, more: object = {}) {
  return { kafka: NOWHERE, connectors: { local: { topics: ['t'], destination, ...more } } }
}

describeWithServers('millrace send-test', ['s3'], ({ s3 }) => {
  it('writes one event of each selected type, with transforms, where no real object lies', async () => {
    const more = {
      events: { include: ['users.messages.email.*'], exclude: ['*.Click'], anonymousUsers: 'exclude' },
      fields: { remove: ['email_address'] },
    }
    const { folder, run } = await workplace(configuration({ type: 'folder', path: './out' }, more))
    const { code, stdout } = await run('send-test', 'local', '--json')
    expect(code).toBe(0)
    const results = JSON.parse(stdout) as { eventType: string; id: string; object: string; written: boolean }[]
    const types = results.map(({ eventType }) => eventType)
    expect(types).toContain(OPEN)
    expect(types.filter((type) => !/^users\.messages\.email\.(?!Click)\w+$/.test(type))).toEqual([])
    const delivered = await deliveredEvents(join(folder, 'out'))
    expect(delivered.map(({ path, event }) => [path, event['id']]).sort()).toEqual(
      results.map(({ object, id }) => [object, id]).sort(),
    )
    const open = delivered.find(({ path }) => path.includes(`event_type=${OPEN}/`))
    expect(open?.event).toMatchObject({
      id: expect.stringMatching(/^millrace-test-[0-9a-f-]{36}$/) as string,
      user_id: 'millrace test event',
      email_address: '[REDACTED]',
    })
    // As in the layout of real objects, but for the part that no topic's name can be.
    const name = NAME.replaceAll('.', '[.]')
    expect(open?.path).toMatch(
      new RegExp(
        `^currents/${name}/event_type=${OPEN}/date=[0-9-]{13}/1/default/${name}[+]test=event[+]0[+][0-9]{13}[.]avro$`,
      ),
    )
    // Again: nothing is overwritten.
    expect((await run('send-test', 'local')).stdout).toContain(`local: ${types.length} test events written\n`)
    expect(await deliveredEvents(join(folder, 'out'))).toHaveLength(2 * types.length)
  })

  it('writes to a real S3, every type of the catalogue', async () => {
    const bucket = await createBucket(s3)
    const { accessKeyId, secretAccessKey, endpoint } = s3
    const destination = { type: 's3', account: 'acme', bucket, region: 'us-east-1', endpoint }
    const accounts = { acme: { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'env:KEY' } }
    const env = { ID: accessKeyId, KEY: secretAccessKey }
    const { run } = await workplace({ ...configuration(destination), accounts }, env)
    const { code, stdout } = await run('send-test', 'local')
    expect(stdout).toContain('local: 94 test events written')
    expect(code).toBe(0)
    const objects = await readObjects(s3, bucket)
    expect(objects.size).toBe(94)
    for (const [key, bytes] of objects) expect([...readAvroObject(bytes, key).events()]).toHaveLength(1)
  })

  it('shows class, code and message of what failed, and exits 1', async () => {
    const bucket = await createBucket(s3)
    const destination = { type: 's3', account: 'acme', bucket, region: 'us-east-1', endpoint: s3.endpoint }
    const accounts = { acme: { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'env:KEY' } }
    const env = { ID: s3.accessKeyId, KEY: 'planted-secret' }
    const more = { events: { include: [OPEN] } }
    const { run } = await workplace({ ...configuration(destination, more), accounts }, env)
    const { code, stdout, stderr } = await run('send-test', 'local')
    expect(stdout).toContain(`${OPEN}  failed  credentials SignatureDoesNotMatch: `)
    expect(stdout).toContain('local: 0 test events written, 1 failed')
    expect(code).toBe(1)
    const json = await run('send-test', 'local', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject([
      { eventType: OPEN, written: false, class: 'credentials', code: 'SignatureDoesNotMatch' },
    ])
    expect(stdout + stderr + json.stdout + json.stderr).not.toContain('planted-secret')
    expect(await listKeys(s3, bucket)).toEqual([])
  })

  it('shows what is wrong with a folder, and refuses a connector that does not exist', async () => {
    const more = { events: { include: [OPEN] } }
    const { folder, run } = await workplace(configuration({ type: 'folder', path: './broken' }, more))
    await writeFile(join(folder, 'broken'), 'a file where a folder should be')
    const { code, stdout } = await run('send-test', 'local')
    expect(stdout).toMatch(new RegExp(`^${OPEN} {2}failed {2}configuration E[A-Z]+: `))
    expect(code).toBe(1)
    expect(await run('send-test', 'nope')).toMatchObject({ code: 2, stdout: '' })
  })
})
