import { crc32 } from 'node:zlib'
import type { S3Settings } from '../config/configuration.js'
import type { Clock } from '../runtime/clock.js'
import { Attempt } from './attempt.js'
import { createAwsCredentials, type AwsAccount, type AwsCredentials } from './aws-credentials.js'
import type { Diagnosis } from './diagnosis.js'
import { createAwsHttp } from './aws-http.js'
import type { ObjectDestination, Failure, ObjectPayload } from './destination.js'
import { checkS3 } from './s3-check.js'
import { createS3Client, type S3Client } from './s3-client.js'
import { diagnose } from './s3-failure.js'
import { aborted, Writes, type Setback } from './writes.js'

export interface S3Limits {
  /** PUTs at once, over all ranges of the connector; each holds one body in memory and one socket. */
  concurrency: number
  /** Longest silence of the server within one PUT, milliseconds (fault 15). */
  idleMs: number
  /** A PUT may take `idleMs` and this rate for its bytes, and no longer: a trickle must not hold a slot (fault 16). */
  minBytesPerSecond: number
}

/**
 * Eight PUTs of 2 MB at 50 ms each are 320 MB/s, more than one process encodes. 64 KiB/s for each of them is a line of
 * 4 Mbit/s: an object of 64 MiB then has 18 minutes, one of 1 MiB 46 s.
 */
export const DEFAULT_S3_LIMITS: S3Limits = { concurrency: 8, idleMs: 30_000, minBytesPerSecond: 64 * 1024 }

export interface S3Deps {
  clock: Clock
  limits?: S3Limits
}

/** No name is registered for Avro object files; this is the one in common use. */
const CONTENT_TYPE = 'application/avro'

/** Objects in a bucket: one PutObject each, with a CRC-32 the server checks. Needs `s3:PutObject` and nothing else. */
export function createS3Destination(settings: S3Settings, account: AwsAccount, deps: S3Deps): ObjectDestination {
  const limits = deps.limits ?? DEFAULT_S3_LIMITS
  const http = createAwsHttp({ sockets: limits.concurrency, idleMs: limits.idleMs })
  const credentials = createAwsCredentials(account, { clock: deps.clock, region: settings.region })
  const { region, pathStyle, endpoint } = settings
  const client = createS3Client({ region, pathStyle, credentials, http, ...(endpoint !== undefined && { endpoint }) })
  const bucket = new Bucket(settings, { client, credentials, clock: deps.clock, limits })
  const writes = new Writes(limits.concurrency)
  return {
    check: (marker, signal) => checkS3(marker, signal, { settings, account, credentials, client, clock: deps.clock }),
    write: (payloads, signal) => writes.write(payloads, signal, (payload, cut) => bucket.put(payload, cut)),
    async close() {
      await writes.close()
      client.destroy()
      credentials.close()
    },
  }
}

interface BucketParts {
  client: S3Client
  credentials: AwsCredentials
  clock: Clock
  limits: S3Limits
}

class Bucket {
  constructor(
    readonly settings: S3Settings,
    readonly parts: BucketParts,
  ) {}

  /** One PUT of one object; never rejects for what S3 or the network does. */
  async put(payload: ObjectPayload, signal: AbortSignal): Promise<Setback | undefined> {
    const body = await payload.body()
    const { clock, limits, credentials } = this.parts
    const attempt = new Attempt(clock, signal, limits.idleMs + (body.length / limits.minBytesPerSecond) * 1000)
    try {
      const problem = await attempt.run((cut) => this.#send(payload.key, body, cut))
      return problem && { failure: this.#failure(payload, problem), hitsAll: problem.hitsAll }
    } catch (error) {
      if (signal.aborted) return { failure: aborted(payload), hitsAll: false }
      const problem = attempt.timedOut ? TOO_SLOW : diagnose(error, clock.nowMs())
      if (problem.class === 'credentials') credentials.forget()
      return { failure: this.#failure(payload, problem), hitsAll: problem.hitsAll }
    }
  }

  async #send(key: string, body: Buffer, signal: AbortSignal): Promise<Diagnosis | undefined> {
    const { bucket, encryption } = this.settings
    const sum = base64OfCrc32(body)
    const request = { bucket, key, body, crc32: sum, contentType: CONTENT_TYPE, encryption }
    const answer = await this.parts.client.put(request, signal)
    // S3 names the ETag of everything it has stored; an error page with status 200 has none (fault 20).
    if (!answer.etag) return UNCONFIRMED
    if (answer.crc32 !== undefined && answer.crc32 !== sum) return STORED_WRONG
    return undefined
  }

  #failure(
    payload: ObjectPayload,
    { class: failureClass, code, said, advice, retryAfterMs, serverAtMs }: Diagnosis,
  ): Failure {
    const { bucket, region, endpoint } = this.settings
    const what = `${code}: bucket ${bucket} (${endpoint ?? region}) did not take ${payload.key}`
    const message = [what, said, advice].filter(Boolean).join('. ')
    return {
      ...{ payload, class: failureClass, code, message },
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(serverAtMs !== undefined && { serverAtMs }),
    }
  }
}

const TOO_SLOW: Diagnosis = {
  class: 'transient',
  code: 'TOO_SLOW',
  said: 'The request took too long for its size',
  advice: 'It is tried again; check the network if it persists.',
  hitsAll: true,
}

const UNCONFIRMED: Diagnosis = {
  class: 'transient',
  code: 'UNCONFIRMED',
  said: 'The server answered without naming what it has stored',
  advice: 'It is tried again.',
  hitsAll: false,
}

const STORED_WRONG: Diagnosis = {
  class: 'transient',
  code: 'BadDigest',
  said: 'The server stored other bytes than were sent',
  advice: 'They are sent again.',
  hitsAll: false,
}

function base64OfCrc32(body: Buffer): string {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return sum.toString('base64')
}
