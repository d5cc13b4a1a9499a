import { KinesisClient as AwsKinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import type { AwsCredentials } from './aws-credentials.js'
import { isAws } from './aws-endpoint.js'
import { readXmlRefusals } from './kinesis-refusals.js'

export interface KinesisAccess {
  stream: string
  region: string
  /** Only for emulators. */
  endpoint?: string
  credentials: AwsCredentials
  http: NodeHttpHandler
}

/** One record of a request. */
export interface StreamEntry {
  readonly data: Buffer
  readonly partitionKey: string
  /** Decides the shard instead of the partition key: a decimal number of 128 bits. */
  readonly hashKey?: string
}

/** What the server says about one record: where it is, or why not. */
export interface EntryAnswer {
  sequenceNumber: string | undefined
  errorCode: string | undefined
  errorMessage: string | undefined
}

/** The one request Millrace makes of Kinesis, sent once. Rejects with the SDK's errors: see `kinesis-failure.ts`. */
export interface KinesisClient {
  /** The answers in the order of the entries. */
  put(entries: readonly StreamEntry[], signal: AbortSignal): Promise<EntryAnswer[]>
  /** Resolves when the stream would take records now; writes none. */
  rehearse(signal: AbortSignal): Promise<void>
  /** Closes all sockets. */
  destroy(): void
}

/** The only place that knows the SDK's Kinesis client, and the traps of `dependencies.md`. */
export function createKinesisClient({ stream, region, endpoint, credentials, http }: KinesisAccess): KinesisClient {
  const client = new AwsKinesisClient({
    region,
    ...(endpoint !== undefined && { endpoint }),
    // The SDK caches what a provider says unless it is told that the provider does so itself.
    credentials: Object.assign(() => credentials.resolve(), { memoized: true }),
    // Its own speaks HTTP/2, which proxies and emulators do not.
    requestHandler: http,
    // Retrying is ours: one request, one failure value.
    maxAttempts: 1,
    retryMode: 'standard',
  })
  // It copies every record of a request and of its answer for a log that nobody reads.
  client.middlewareStack.remove('loggerMiddleware')
  readXmlRefusals(client)
  return {
    put: async (entries, signal) => {
      const Records = entries.map(({ data, partitionKey, hashKey }) =>
        hashKey === undefined
          ? { Data: data, PartitionKey: partitionKey }
          : { Data: data, PartitionKey: partitionKey, ExplicitHashKey: hashKey },
      )
      const output = await client.send(new PutRecordsCommand({ StreamName: stream, Records }), { abortSignal: signal })
      return (output.Records ?? []).map(({ SequenceNumber, ErrorCode, ErrorMessage }) => ({
        ...{ sequenceNumber: SequenceNumber, errorCode: ErrorCode, errorMessage: ErrorMessage },
      }))
    },
    rehearse: (signal) => rehearse(client, { stream, isAws: isAws(endpoint) }, signal),
    destroy: () => client.destroy(),
  }
}

/**
 * AWS looks at rights, stream and records without writing (Kinesis Developer Guide, "Test your permissions and request inputs
 * with dry run") and answers that it would have. An emulator may not know the parameter: it is asked to write nothing.
 */
async function rehearse(client: AwsKinesisClient, to: { stream: string; isAws: boolean }, signal: AbortSignal) {
  const Records = to.isAws ? [{ Data: Buffer.alloc(0), PartitionKey: 'millrace-test' }] : []
  const command = new PutRecordsCommand({ StreamName: to.stream, Records, DryRun: true })
  try {
    await client.send(command, { abortSignal: signal })
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'DryRunOperationException') throw error
  }
}
