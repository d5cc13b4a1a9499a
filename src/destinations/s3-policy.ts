import type { S3Settings } from '../config/configuration.js'
import { partitionOf, policyOf, type PolicyDocument } from './aws-policy.js'

/** The bucket's ARN in the partition of its region. */
export function bucketArn({ bucket, region }: Pick<S3Settings, 'bucket' | 'region'>): string {
  return `arn:${partitionOf(region)}:s3:::${bucket}`
}

/** The ARN of all objects below `folder`, which may hold macros: up to the first of them. */
function objectsArn(settings: Pick<S3Settings, 'bucket' | 'region' | 'folder'>): string {
  return `${bucketArn(settings)}/${literal(fixedPart(settings.folder))}*`
}

/** All that delivering and `millrace test` need. */
export function deliveryPolicy(settings: S3Settings): PolicyDocument {
  const Resource = [objectsArn(settings)]
  return policyOf({ Sid: 'MillraceWritesObjects', Effect: 'Allow', Action: ['s3:PutObject'], Resource })
}

/** What nothing depends on, but makes the answers of `millrace test` and `millrace inspect` better. */
export function optionalPolicy(settings: S3Settings): PolicyDocument {
  const bucket = [bucketArn(settings)]
  const prefix = `${literal(fixedPart(settings.folder))}*`
  const onlyFolder = { StringLike: { 's3:prefix': prefix } }
  return policyOf(
    { Sid: 'MillraceFindsRegion', Effect: 'Allow', Action: ['s3:GetBucketLocation'], Resource: bucket },
    { Sid: 'MillraceLists', Effect: 'Allow', Action: ['s3:ListBucket'], Resource: bucket, Condition: onlyFolder },
    { Sid: 'MillraceReadsObjects', Effect: 'Allow', Action: ['s3:GetObject'], Resource: [objectsArn(settings)] },
  )
}

/** `currents/` for the folder currents, `a/` for a/%YYYY%, `a/x-` for a/x-%YYYY%. */
function fixedPart(folder: string): string {
  const macro = folder.indexOf('%')
  return macro < 0 ? `${folder}/` : folder.slice(0, macro)
}

/** `*`, `?` and `$` mean themselves in a resource only when they are written so (IAM User Guide, "Policy variables"). */
function literal(text: string): string {
  return text.replace(/[*?$]/g, (special) => `\${${special}}`)
}
