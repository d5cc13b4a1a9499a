import { afterEach, beforeEach, expect, test } from 'vitest'
import { createAwsCredentials } from '../../src/destinations/aws-credentials.js'
import { readObject } from '../../src/destinations/s3-reader.js'
import { systemClock } from '../../src/runtime/clock.js'
import { Secret } from '../../src/runtime/secret.js'
import { AwsFaultPeer } from '../support/aws-fault-peer.js'

const secret = (text: string) => new Secret({ kind: 'inline' }, () => text)
let peer: AwsFaultPeer

beforeEach(async () => {
  peer = await AwsFaultPeer.start({ keys: { AKIA: { secret: 's' } }, buckets: ['bucket'] })
})
afterEach(() => peer.stop())

function read(uri: string, key = 's'): Promise<Buffer> {
  const account = { type: 'aws' as const, accessKeyId: secret('AKIA'), secretAccessKey: secret(key) }
  const credentials = createAwsCredentials(account, { clock: systemClock, region: 'eu-west-1' })
  return readObject(uri, { region: 'eu-west-1', endpoint: peer.endpoint, credentials, nowMs: Date.now() })
}

test('reads a whole object', async () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
  peer.objects.set('bucket/a folder/x+0.avro', bytes)
  expect((await read('s3://bucket/a folder/x+0.avro')).equals(bytes)).toBe(true)
})

test('says what is wrong', async () => {
  await expect(read('s3://bucket/none')).rejects.toMatchObject({
    code: 'READ_FAILED',
    message: expect.stringMatching(/^s3:\/\/bucket\/none cannot be read: NoSuchKey: /) as string,
  })
  await expect(read('s3://bucket/none', 'wrong')).rejects.toThrow('SignatureDoesNotMatch')
  await expect(read('http://bucket/x')).rejects.toMatchObject({ code: 'USAGE' })
  await expect(read('s3://bucket')).rejects.toMatchObject({ code: 'USAGE' })
})
