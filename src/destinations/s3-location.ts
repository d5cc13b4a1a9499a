import type { S3Settings } from '../config/configuration.js'
import { isAws } from './aws-endpoint.js'

/** AWS General Reference, "Regional endpoints": `eu-west-1`, `us-gov-east-1`. Other storage has names of its own. */
const AWS_REGION = /^[a-z]{2,3}(-[a-z]+)+-\d{1,2}$/

/**
 * The region that an answer to GetBucketLocation names (Amazon S3 API Reference, "GetBucketLocation"); undefined when it
 * names none. Of AWS nothing means us-east-1. Of storage behind another endpoint nothing means nothing, and so does a name
 * that no region of AWS has: there such names are placement rules rather than what requests are signed with.
 */
export function regionNamed(location: string | null, { endpoint }: Pick<S3Settings, 'endpoint'>): string | undefined {
  if (location === 'EU') return 'eu-west-1'
  if (location !== null) return AWS_REGION.test(location) ? location : undefined
  return isAws(endpoint) ? 'us-east-1' : undefined
}
