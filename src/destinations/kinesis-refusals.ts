import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { Readable } from 'node:stream'

/** The part of an answer that is looked at. */
interface Answer {
  statusCode: number
  headers: Record<string, string>
  body: Readable
}

/** How an error in XML names itself (Amazon S3 and AWS STS API Reference, error responses). */
const XML_CODE = /<Code>([A-Za-z.]{1,64})<\/Code>/

/**
 * Lets the client understand an error in XML. Kinesis answers in JSON, but what stands before it need not: moto refuses
 * credentials and rights so, and of an answer that is no JSON the SDK says only that it cannot be read.
 */
export function readXmlRefusals(client: KinesisClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const answer = result.response as Answer
      const isJson = /json/.test(answer.headers['content-type'] ?? '')
      if (answer.statusCode >= 400 && !isJson) answer.body = await inJson(answer.body)
      return result
    },
    // The last before the wire, and so the first to see an answer.
    { step: 'deserialize', priority: 'low', name: 'readXmlRefusals' },
  )
}

async function inJson(body: Readable): Promise<Readable> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks)
  const [, code] = XML_CODE.exec(text.toString('utf8')) ?? []
  return Readable.from([code === undefined ? text : Buffer.from(JSON.stringify({ __type: code }))])
}
