import { describe, expect, test } from 'vitest'
import { ASSUME_ROLE_ERRORS, COMMON_ERRORS } from '../../src/destinations/aws-errors.js'
import { byName } from '../../src/destinations/error-table.js'
import { KINESIS_ERRORS } from '../../src/destinations/kinesis-errors.js'
import { NETWORK_ERRORS } from '../../src/destinations/network-errors.js'
import { S3_ERRORS } from '../../src/destinations/s3-errors.js'

describe.each([
  ['S3', [...COMMON_ERRORS, ...S3_ERRORS]],
  ['Kinesis', [...COMMON_ERRORS, ...KINESIS_ERRORS]],
  ['AssumeRole', ASSUME_ROLE_ERRORS],
  ['network', NETWORK_ERRORS],
])('the %s table', (_name, groups) => {
  test('has every name once', () => {
    expect(byName(groups).size).toBe(groups.flatMap(({ names }) => names).length)
  })

  test('says for every row where its names are from and what to do', () => {
    expect(groups.filter(({ source, advice }) => source.length < 10 || !advice.endsWith('.'))).toEqual([])
  })
})

test('only names that speak of credentials start the 48-hour clock', () => {
  const all = [...COMMON_ERRORS, ...S3_ERRORS, ...KINESIS_ERRORS, ...ASSUME_ROLE_ERRORS, ...NETWORK_ERRORS]
  const credentials = all.filter((group) => group.class === 'credentials')
  expect([...new Set(credentials.flatMap(({ names }) => names))].sort()).toEqual([
    'AccessDenied',
    'AccessDeniedException',
    'ExpiredToken',
    'ExpiredTokenException',
    'InvalidAccessKeyId',
    'InvalidClientTokenId',
    'InvalidSecurity',
    'InvalidSignatureException',
    'InvalidToken',
    'InvalidTokenId',
    'KMS.AccessDeniedException',
    'KMSAccessDeniedException',
    'MissingAuthenticationToken',
    'MissingAuthenticationTokenException',
    'NotAuthorized',
    'NotSignedUp',
    'OptInRequired',
    'SignatureDoesNotMatch',
    'TokenRefreshRequired',
    'UnrecognizedClientException',
  ])
})
