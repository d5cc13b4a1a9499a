import type { KinesisSettings } from '../config/configuration.js'
import type { Clock } from '../runtime/clock.js'
import { Attempt } from './attempt.js'
import { createAwsCredentials, type AwsAccount, type AwsCredentials } from './aws-credentials.js'
import type { Diagnosis } from './diagnosis.js'
import { createAwsHttp } from './aws-http.js'
import type { CallLimits, Failure, RecordPayload, StreamDestination } from './destination.js'
import { KinesisCall, type RequestOutcome } from './kinesis-call.js'
import { checkKinesis } from './kinesis-check.js'
import { createKinesisClient, type KinesisClient } from './kinesis-client.js'
import { plainEntry, type Entry } from './kinesis-entry.js'
import { ABORTED, diagnose, diagnoseAnswer, TOO_SLOW, UNCONFIRMED } from './kinesis-failure.js'
import { packEntries } from './kpl-packing.js'
import { Underway } from './underway.js'

export interface KinesisLimits {
  /** Requests at once, over all calls of `write`; each has one socket. */
  concurrency: number
  /** Longest silence of the server within one request, milliseconds (fault 15). */
  idleMs: number
  /** A request may take `idleMs` and this rate for its bytes, and no longer: a trickle must not hold a socket (fault 16). */
  minBytesPerSecond: number
}

/**
 * Sixteen requests of 500 records at 50 ms each are 160,000 records a second, more than one process encodes. Silence and
 * rate as for S3: 5 MiB then have 110 s.
 */
export const DEFAULT_KINESIS_LIMITS: KinesisLimits = { concurrency: 16, idleMs: 30_000, minBytesPerSecond: 64 * 1024 }

export interface KinesisDeps {
  clock: Clock
  limits?: KinesisLimits
}

/** Records in a stream, in order per partition key, by PutRecords. Needs `kinesis:PutRecords` and nothing else. */
export function createKinesisDestination(
  settings: KinesisSettings,
  account: AwsAccount,
  deps: KinesisDeps,
): StreamDestination {
  const limits = deps.limits ?? DEFAULT_KINESIS_LIMITS
  const http = createAwsHttp({ sockets: limits.concurrency, idleMs: limits.idleMs })
  const credentials = createAwsCredentials(account, { clock: deps.clock, region: settings.region })
  const { stream: name, region, endpoint } = settings
  const client = createKinesisClient({
    stream: name,
    region,
    credentials,
    http,
    ...(endpoint !== undefined && { endpoint }),
  })
  const parts = { client, credentials, clock: deps.clock, limits }
  const stream = new Stream(settings, parts)
  const underway = new Underway()
  return {
    most: mostOf(settings),
    check: (_marker, signal) => checkKinesis(signal, { ...parts, settings, account }),
    write: (records, signal) => underway.run(signal, (cut) => stream.write(records, cut)),
    async close() {
      await underway.close()
      client.destroy()
      credentials.close()
    },
  }
}

/**
 * A call is one request, so that it is soon answered. Aggregated records hold several events of a key, which are written as
 * one: of a key as many as a shard takes in a second (Kinesis Developer Guide, "Quotas and limits"), of all ten times that.
 */
function mostOf({ aggregation, maxRecordsPerRequest, maxRequestBytes }: KinesisSettings): CallLimits {
  const bytes = maxRequestBytes
  return aggregation === 'kpl'
    ? { records: 10_000, bytes, perKey: 1_000 }
    : { records: maxRecordsPerRequest, bytes, perKey: 1 }
}

interface StreamParts {
  client: KinesisClient
  credentials: AwsCredentials
  clock: Clock
  limits: KinesisLimits
}

class Stream {
  /** A record that it took shows that it takes records. */
  #hasTaken = false

  constructor(
    readonly settings: KinesisSettings,
    readonly parts: StreamParts,
  ) {}

  write(records: readonly RecordPayload[], signal: AbortSignal): Promise<Failure[]> {
    const { aggregation, maxRecordsPerRequest, maxRequestBytes, maxRecordBytes } = this.settings
    const entries = aggregation === 'kpl' ? packEntries(records, maxRecordBytes) : records.map(plainEntry)
    const call = new KinesisCall(
      {
        limits: { records: maxRecordsPerRequest, bytes: maxRequestBytes, recordBytes: maxRecordBytes },
        send: (request) => this.#send(request, signal),
        obstacle: () => this.#obstacle(signal),
        failureOf: (record, problem) => this.#failure(record, problem),
      },
      signal,
    )
    return call.write(records, entries)
  }

  /** One request; never rejects for what Kinesis or the network does. */
  async #send(request: readonly Entry[], signal: AbortSignal): Promise<RequestOutcome> {
    const bytes = request.reduce((sum, entry) => sum + entry.bytes, 0)
    const asked = await this.#ask(bytes, signal, (cut) => this.parts.client.put(request, cut))
    if ('problem' in asked) return asked
    if (asked.answer.length !== request.length) return { problem: { ...UNCONFIRMED, hitsAll: true } }
    const answers = asked.answer.map(diagnoseAnswer)
    if (answers.includes(undefined)) this.#hasTaken = true
    return { answers }
  }

  async #obstacle(signal: AbortSignal): Promise<Diagnosis | undefined> {
    if (this.#hasTaken) return undefined
    const asked = await this.#ask(0, signal, (cut) => this.parts.client.rehearse(cut))
    return 'problem' in asked ? asked.problem : undefined
  }

  async #ask<T>(
    bytes: number,
    signal: AbortSignal,
    send: (cut: AbortSignal) => Promise<T>,
  ): Promise<{ answer: T } | { problem: Diagnosis }> {
    const { clock, limits, credentials } = this.parts
    const attempt = new Attempt(clock, signal, limits.idleMs + (bytes / limits.minBytesPerSecond) * 1000)
    try {
      return { answer: await attempt.run(send) }
    } catch (error) {
      if (signal.aborted) return { problem: ABORTED }
      const problem = attempt.timedOut ? TOO_SLOW : diagnose(error, clock.nowMs())
      if (problem.class === 'credentials') credentials.forget()
      // Of a request that failed as a whole no record is to blame.
      return { problem: { ...problem, hitsAll: true } }
    }
  }

  #failure(
    payload: RecordPayload,
    { class: failureClass, code, said, advice, hitsAll, retryAfterMs, serverAtMs }: Diagnosis,
  ): Failure {
    const { stream, region, endpoint } = this.settings
    const what = `${code}: stream ${stream} (${endpoint ?? region}) did not take ${payload.key}`
    return {
      ...{ payload, class: failureClass, code, message: [what, said, advice].filter(Boolean).join('. ') },
      ...(hitsAll && { hitsAll }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(serverAtMs !== undefined && { serverAtMs }),
    }
  }
}
