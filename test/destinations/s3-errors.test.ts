import { describe, expect, test } from 'vitest'
import { ASSUME_ROLE_ERRORS, byName, NETWORK_ERRORS, S3_ERRORS } from '../../src/destinations/s3-errors.js'

describe.each([
  ['S3', S3_ERRORS],
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
  const credentials = [...S3_ERRORS, ...ASSUME_ROLE_ERRORS, ...NETWORK_ERRORS].filter((g) => g.class === 'credentials')
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
