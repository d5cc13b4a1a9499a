import type { S3Settings } from '../config/configuration.js'
import { ok, skipped, Checklist, type CheckResult, type Finding } from '../runtime/checklist.js'
import type { Clock } from '../runtime/clock.js'
import type { AwsAccount, AwsCredentials } from './aws-credentials.js'
import { endingOf } from './aws-endpoint.js'
import { AwsProbe, type Outcome, type Problem } from './aws-probe.js'
import type { S3Client } from './s3-client.js'
import { diagnose, rightRegion } from './s3-failure.js'
import { bucketArn } from './s3-policy.js'
import {
  LOOK_CHECKS,
  lookFinding,
  type Location,
  PUT_CHECKS,
  putFinding,
  type PutCheck,
  type PutOutcome,
} from './s3-put-findings.js'

export interface S3CheckParts {
  settings: S3Settings
  account: AwsAccount
  credentials: AwsCredentials
  client: S3Client
  clock: Clock
}

/** CRC-32 of nothing, as S3 wants it. */
const CRC32_OF_NOTHING = 'AAAAAA=='

/**
 * Puts one empty object under `marker`, as delivering puts its objects, and reads from the answer what of all that it
 * needs is there. Needs no right but `s3:PutObject`; what else is asked for is optional, and skipped when it is denied.
 * Without a marker it asks where the bucket is instead: no right is needed for what the answer, even a denial, tells.
 */
export async function checkS3(marker: string | null, signal: AbortSignal, parts: S3CheckParts): Promise<CheckResult[]> {
  const list = new Checklist(parts.clock)
  const probe = new S3Probe(marker ?? '', signal, parts)
  const needs = await probe.aws.checkIdentity(addressOf(parts.settings), list)
  if (marker === null) await lookAtBucket(probe, list, needs)
  else await tryToPut(probe, list, needs)
  return list.results
}

async function lookAtBucket(probe: S3Probe, list: Checklist, needs: CheckResult[]): Promise<void> {
  let answer: Promise<Location> | undefined
  for (const name of LOOK_CHECKS) {
    const check = { name, resource: probe.resourceOf(name), needs }
    await list.check(check, async () => lookFinding(name, await (answer ??= probe.askLocation()), probe.parts.settings))
  }
}

async function tryToPut(probe: S3Probe, list: Checklist, needs: CheckResult[]): Promise<void> {
  let put: Promise<PutOutcome> | undefined
  let location: Location | undefined
  for (const name of PUT_CHECKS) {
    const check = { name, resource: probe.resourceOf(name), needs }
    const { status } = await list.check(check, async () => {
      return putFinding(name, { put: await (put ??= probe.put()), location }, probe.parts.settings)
    })
    if (name === 'credentials' && status === 'ok') location = await probe.askLocation()
  }
  await checkOptionalRights(probe, list, location)
}

async function checkOptionalRights(probe: S3Probe, list: Checklist, location: Location | undefined): Promise<void> {
  const needs = list.results.filter((result) => PUT_CHECKS.some((name) => name === result.name))
  const rights = [
    { name: 's3:GetObject', resource: probe.objectArn, ask: () => probe.get(), needs },
    { name: 's3:ListBucket', resource: probe.bucketArn, ask: () => probe.list(), needs },
  ]
  for (const { ask, ...right } of rights) await list.check(right, () => probe.optional(ask))
  const right = { name: 's3:GetBucketLocation', resource: probe.bucketArn, needs: location ? [] : needs }
  await list.check(right, async () => optionalFinding(location ?? (await probe.askLocation())))
}

function optionalFinding(outcome: Outcome<unknown>): Finding {
  if (!('problem' in outcome)) return ok('granted (optional)')
  const { code } = outcome.problem
  return { ...skipped(`not granted, and not needed to deliver: ${code}`), code }
}

function understand(error: unknown, nowMs: number): Problem {
  const region = rightRegion(error)
  return { problem: diagnose(error, nowMs), ...(region !== undefined && { region }) }
}

class S3Probe {
  readonly aws: AwsProbe
  readonly account: string
  readonly bucketArn: string
  readonly objectArn: string

  constructor(
    readonly marker: string,
    signal: AbortSignal,
    readonly parts: S3CheckParts,
  ) {
    this.aws = new AwsProbe(signal, { ...parts, accountName: parts.settings.account, understand })
    this.account = `account ${parts.settings.account}`
    this.bucketArn = bucketArn(parts.settings)
    this.objectArn = `${this.bucketArn}/${marker}`
  }

  resourceOf(name: PutCheck): string {
    if (name === 'credentials') return this.account
    if (name === 'region') return this.parts.settings.region
    return name === 'bucket' ? this.bucketArn : this.objectArn
  }

  put(): Promise<PutOutcome> {
    const { bucket, encryption } = this.parts.settings
    const object = { bucket, key: this.marker, body: Buffer.alloc(0), crc32: CRC32_OF_NOTHING, encryption }
    const request = { ...object, contentType: 'application/octet-stream' }
    return this.aws.ask((signal) => this.parts.client.put(request, signal))
  }

  get(): Promise<unknown> {
    return this.parts.client.get(this.parts.settings.bucket, this.marker)
  }

  list(): Promise<unknown> {
    return this.parts.client.list(this.parts.settings.bucket, this.marker)
  }

  askLocation(): Promise<Location> {
    return this.aws.ask(() => this.parts.client.location(this.parts.settings.bucket))
  }

  async optional(ask: () => Promise<unknown>): Promise<Finding> {
    return optionalFinding(await this.aws.ask(ask))
  }
}

/** Where requests for the bucket go. A bucket with a dot in its name is in no certificate: the SDK puts it into the path. */
function addressOf({ bucket, region, endpoint, pathStyle }: S3Settings): URL {
  const url = new URL(endpoint ?? `https://s3.${region}.${endingOf(region)}`)
  if (!pathStyle && !bucket.includes('.')) url.hostname = `${bucket}.${url.hostname}`
  return url
}
