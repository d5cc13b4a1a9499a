import { z } from 'zod'
import type { KinesisSettings, S3Settings } from '../configuration.js'
import { endpoint, isExposed } from '../endpoint.js'
import { folderMistake } from '../folder-path.js'
import { refuse, size, text, textLike } from '../option-types.js'
import type { PlaceTypes } from '../place-types.js'
import { shown } from '../problem.js'
import { formatSize } from '../units.js'

const MIB = 1024 * 1024

/** In AWS a name like eu-west-1 or us-gov-east-1; S3-compatible stores have their own, like `auto`. */
export function awsRegion() {
  return textLike({
    pattern: /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/,
    noun: 'AWS region',
    instead: 'write it like eu-west-1',
  })
}

const ANY_REGION = { pattern: /^[A-Za-z0-9_-]{1,64}$/, noun: 'region', instead: 'write it like us-east-1' }

/** S3's rules for general purpose buckets ("Bucket naming rules" in its user guide); directory buckets are another service. */
const BUCKET = /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const RESERVED_BUCKET_ENDING = /(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/

function bucketName() {
  return z.string().superRefine((value, context) => {
    const instead = 'write 3-63 of a-z 0-9 . -, with a letter or digit at both ends'
    if (!BUCKET.test(value)) refuse(context, `${shown(value)} is no bucket name`, instead)
    else if (RESERVED_BUCKET_ENDING.test(value))
      refuse(context, `${shown(value)} is reserved by AWS`, 'write the name of a general purpose bucket')
  })
}

/** Kinesis CreateStream: StreamName. */
const STREAM = { pattern: /^[A-Za-z0-9_.-]{1,128}$/, noun: 'stream name', instead: 'write 1-128 of A-Z a-z 0-9 _ . -' }

/** Azure resource name rules: namespaces/eventhubs. */
const EVENT_HUB = {
  pattern: /^[A-Za-z0-9]([A-Za-z0-9._-]{0,254}[A-Za-z0-9])?$/,
  noun: 'event hub name',
  instead: 'write 1-256 of A-Z a-z 0-9 . _ -, with a letter or digit at both ends',
}

/** Avro's rule for names of fields. */
export function fieldName() {
  return textLike({ pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, noun: 'field name', instead: 'write it like user_id' })
}

function folder() {
  return z
    .string()
    .superRefine((value, context) => {
      const mistake = folderMistake(value)
      if (mistake) refuse(context, ...mistake)
    })
    .default('currents')
}

/** An event's field by its Avro name, or one of the two names that are no field. */
const PARTITION_KEY = {
  pattern: /^([A-Za-z_][A-Za-z0-9_]*|kafka-key)$/,
  noun: 'partition key',
  instead: 'write a field like user_id, kafka-key or random',
}

const partitionKey = () =>
  textLike(PARTITION_KEY)
    .default('user_id')
    .describe('what keeps records in order: a field of the event, kafka-key or random')

/** PutRecords: 500 records, 5 MiB with keys, 1 MiB per record with key; AWS has raised sizes to 10 MiB for some streams. */
const PUT_RECORDS = { records: 500, requestBytes: 5 * MIB, recordBytes: MIB, mostBytes: 10 * MIB }
const account = () => text().describe('name of an account')

const s3Members = z.object({
  type: z.literal('s3').describe('the kind of destination'),
  account: account(),
  bucket: bucketName().describe('an existing bucket; Millrace never creates one'),
  region: textLike(ANY_REGION)
    .exactOptional()
    .describe('region of the bucket; us-east-1 with an endpoint, else required'),
  folder: folder().describe('path inside the bucket; macros allowed'),
  encryption: z.enum(['none', 'AES256']).default('none').describe('server-side encryption'),
  endpoint: endpoint().exactOptional().describe('only for S3-compatible storage'),
  allowHttp: z.boolean().default(false).describe('true: the endpoint may be plain HTTP on another machine'),
  pathStyle: z.boolean().exactOptional().describe('bucket in the path, not in the host name; true with an endpoint'),
})

const s3Destination = s3Members.superRefine(refuseAddress).transform((members): S3Settings => {
  const { type, account, bucket, folder, encryption } = members
  const pathStyle = members.pathStyle ?? members.endpoint !== undefined
  return { type, account, bucket, folder, encryption, pathStyle, ...addressOf(members) }
})

const kinesisMembers = z.object({
  type: z.literal('kinesis').describe('the kind of destination'),
  account: account(),
  stream: textLike(STREAM).describe('an existing stream; Millrace never creates one'),
  region: textLike(ANY_REGION)
    .exactOptional()
    .describe('region of the stream; us-east-1 with an endpoint, else required'),
  endpoint: endpoint().exactOptional().describe('only for emulators'),
  allowHttp: z.boolean().default(false).describe('true: the endpoint may be plain HTTP on another machine'),
  partitionKey: partitionKey(),
  maxRecordsPerRequest: z
    .int()
    .min(1)
    .max(PUT_RECORDS.records)
    .default(PUT_RECORDS.records)
    .describe('records of one PutRecords request'),
  maxRequestBytes: size(64 * 1024, PUT_RECORDS.mostBytes)
    .default(PUT_RECORDS.requestBytes)
    .describe('bytes of one PutRecords request, keys included'),
  maxRecordBytes: size(1024, PUT_RECORDS.mostBytes)
    .default(PUT_RECORDS.recordBytes)
    .describe('bytes of one record with its partition key, as the stream is set'),
  aggregation: z.enum(['none', 'kpl']).default('none').describe('kpl: many events in one record, which KCL unpacks'),
})

const kinesisDestination = kinesisMembers
  .superRefine(refuseAddress)
  .superRefine(({ maxRecordBytes, maxRequestBytes }, context) => {
    if (maxRecordBytes <= maxRequestBytes) return
    const params = { instead: `write at most ${formatSize(maxRequestBytes)}, or raise maxRequestBytes` }
    const message = `${formatSize(maxRecordBytes)} is more than maxRequestBytes`
    context.addIssue({ code: 'custom', message, params, path: ['maxRecordBytes'] })
  })
  .transform(({ region, endpoint, allowHttp, ...members }): KinesisSettings => ({
    ...members,
    ...addressOf({ ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }), allowHttp }),
  }))

type Addressed = { region?: string; endpoint?: string; allowHttp: boolean }

/** Stores and emulators behind an endpoint rarely care for the region, but requests are signed with one. */
function addressOf({ region = 'us-east-1', endpoint }: Addressed): { region: string; endpoint?: string } {
  return endpoint === undefined ? { region } : { region, endpoint }
}

function refuseAddress(members: Addressed, context: z.core.$RefinementCtx): void {
  refuseRegion(members, context)
  refuseExposed(members, context)
}

function refuseRegion({ region, endpoint }: Addressed, context: z.core.$RefinementCtx): void {
  if (endpoint !== undefined || (region !== undefined && awsRegion().safeParse(region).success)) return
  const message = region === undefined ? 'is missing' : `${shown(region)} is no AWS region`
  context.addIssue({ code: 'custom', message, params: { instead: 'write it like eu-west-1' }, path: ['region'] })
}

function refuseExposed({ endpoint, allowHttp }: Addressed, context: z.core.$RefinementCtx): void {
  if (endpoint === undefined || allowHttp || !isExposed(endpoint)) return
  const params = { instead: 'write https://…, or set allowHttp: true in a network you trust' }
  context.addIssue({ code: 'custom', message: 'is plain HTTP to another machine', params, path: ['endpoint'] })
}

const eventHubsDestination = z.object({
  type: z.literal('event-hubs').describe('the kind of destination'),
  account: account(),
  eventHub: textLike(EVENT_HUB).describe('an existing event hub; Millrace never creates one'),
  partitionKey: partitionKey(),
  transport: z
    .enum(['amqp', 'websockets'])
    .default('amqp')
    .describe('websockets: AMQP over WebSockets on port 443, where port 5671 is closed'),
})

function folderDestination({ path }: PlaceTypes) {
  return z.object({
    type: z.literal('folder').describe('the kind of destination'),
    path: path.describe('local folder, relative to the configuration file'),
    folder: folder().describe('path inside it; macros allowed'),
  })
}

/** Where a connector writes: one branch per destination. */
export function destinationSection(place: PlaceTypes) {
  return z.discriminatedUnion('type', [
    s3Destination,
    kinesisDestination,
    eventHubsDestination,
    folderDestination(place),
  ])
}
