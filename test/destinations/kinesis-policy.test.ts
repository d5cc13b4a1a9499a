import { expect, test } from 'vitest'
import { accountIdOf, kinesisKeyPolicy, kinesisPolicy, streamArn } from '../../src/destinations/kinesis-policy.js'

const place = { stream: 'events', region: 'eu-west-1' }

test('the ARN of a stream has the partition of its region', () => {
  expect(streamArn(place)).toBe('arn:aws:kinesis:eu-west-1:*:stream/events')
  expect(streamArn({ ...place, region: 'cn-north-1' }, '1')).toBe('arn:aws-cn:kinesis:cn-north-1:1:stream/events')
  expect(streamArn({ ...place, region: 'us-gov-east-1' })).toMatch(/^arn:aws-us-gov:/)
})

test('one right on one stream is all', () => {
  expect(kinesisPolicy(place, '123456789012').Statement).toEqual([
    {
      Sid: 'MillraceWritesRecords',
      Effect: 'Allow',
      Action: ['kinesis:PutRecords'],
      Resource: ['arn:aws:kinesis:eu-west-1:123456789012:stream/events'],
    },
  ])
})

test("a key of one's own is used through Kinesis only", () => {
  expect(kinesisKeyPolicy(place).Statement).toMatchObject([
    {
      Action: ['kms:GenerateDataKey'],
      Resource: ['arn:aws:kms:eu-west-1:*:key/*'],
      Condition: { StringLike: { 'kms:ViaService': 'kinesis.eu-west-1.amazonaws.com*' } },
    },
  ])
})

test('the account of a role', () => {
  expect(accountIdOf('arn:aws:iam::123456789012:role/path/currents')).toBe('123456789012')
  expect(accountIdOf('nonsense')).toBeUndefined()
})
