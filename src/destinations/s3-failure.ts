import { serviceErrors } from './aws-errors.js'
import { diagnoseAws, fieldsOf } from './aws-failure.js'
import type { Diagnosis } from './diagnosis.js'
import { S3_ERRORS } from './s3-errors.js'

const ERRORS = serviceErrors(S3_ERRORS)

/** What an error of a request to S3 means. */
export function diagnose(error: unknown, nowMs: number): Diagnosis {
  return diagnoseAws(error, ERRORS, nowMs)
}

/** The bucket's region, where S3 names it in refusing a request that was sent to another one. */
export function rightRegion(error: unknown): string | undefined {
  const { headers } = fieldsOf(error)
  const { Region: inBody } = (error ?? {}) as { Region?: unknown }
  const region = headers['x-amz-bucket-region'] ?? (typeof inBody === 'string' ? inBody : undefined)
  return region !== undefined && /^[a-z0-9-]{1,64}$/.test(region) ? region : undefined
}
