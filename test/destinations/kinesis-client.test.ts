import type { NodeHttpHandler } from '@smithy/node-http-handler'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { createKinesisClient } from '../../src/destinations/kinesis-client.js'

const never = new AbortController().signal
const identity = { accessKeyId: 'AKIA', secretAccessKey: 's' }
const credentials = { resolve: () => Promise.resolve(identity), forget: () => undefined, close: () => undefined }

/** What is asked of a server at this endpoint, which would have taken it; nothing is sent. */
async function rehearsed(endpoint?: string): Promise<{ host: string; body: unknown }> {
  const asked: { host: string; body: unknown }[] = []
  const http = {
    handle({ hostname, body }: { hostname: string; body: Uint8Array | string }) {
      asked.push({ host: hostname, body: JSON.parse(Buffer.from(body).toString()) })
      const headers = { 'content-type': 'application/x-amz-json-1.1' }
      const answer = Readable.from([Buffer.from('{"__type":"DryRunOperationException"}')])
      return Promise.resolve({ response: { statusCode: 400, headers, body: answer } })
    },
    destroy: () => undefined,
  } as unknown as NodeHttpHandler
  const where = { stream: 's', region: 'eu-west-1', ...(endpoint !== undefined && { endpoint }) }
  const client = createKinesisClient({ ...where, credentials, http })
  await client.rehearse(never)
  client.destroy()
  const [request] = asked
  if (!request) throw new Error('nothing was asked')
  return request
}

test('AWS is asked with a record, which it does not write', async () => {
  const Records = [{ Data: '', PartitionKey: 'millrace-test' }]
  const body = { DryRun: true, StreamName: 's', Records }
  expect(await rehearsed()).toEqual({ host: 'kinesis.eu-west-1.amazonaws.com', body })
  const vpc = 'vpce-1.kinesis.eu-west-1.vpce.amazonaws.com'
  expect(await rehearsed(`https://${vpc}`)).toEqual({ host: vpc, body })
})

test('what may not know the question is asked with no record at all', async () => {
  const body = { DryRun: true, StreamName: 's', Records: [] }
  expect(await rehearsed('https://amazonaws.com.example.org')).toEqual({ host: 'amazonaws.com.example.org', body })
})
