import type { KinesisSettings } from '../config/configuration.js'
import { partitionOf, policyOf, type PolicyDocument } from './aws-policy.js'

type Place = Pick<KinesisSettings, 'stream' | 'region'>

/** The stream's ARN in the partition of its region; without an account's number: of any that requests are signed for. */
export function streamArn({ stream, region }: Place, accountId = '*'): string {
  return `arn:${partitionOf(region)}:kinesis:${region}:${accountId}:stream/${stream}`
}

/** All that delivering and `millrace test` need. */
export function kinesisPolicy(settings: Place, accountId?: string): PolicyDocument {
  const Resource = [streamArn(settings, accountId)]
  return policyOf({ Sid: 'MillraceWritesRecords', Effect: 'Allow', Action: ['kinesis:PutRecords'], Resource })
}

/**
 * What a stream that is encrypted with a KMS key of one's own needs beside (Kinesis Developer Guide, "Permissions to use
 * user-generated KMS keys"). The key is not in the configuration: any that Kinesis uses here.
 */
export function kinesisKeyPolicy({ region }: Place, accountId = '*'): PolicyDocument {
  const viaKinesis = { StringLike: { 'kms:ViaService': `kinesis.${region}.amazonaws.com*` } }
  const Resource = [`arn:${partitionOf(region)}:kms:${region}:${accountId}:key/*`]
  const Action = ['kms:GenerateDataKey']
  return policyOf({ Sid: 'MillraceUsesTheKeyOfTheStream', Effect: 'Allow', Action, Resource, Condition: viaKinesis })
}

/** The number of the account that a role is of, and with it the streams that its sessions name. */
export function accountIdOf(roleArn: string): string | undefined {
  return /^arn:[^:]*:iam::(\d{12}):/.exec(roleArn)?.[1]
}
