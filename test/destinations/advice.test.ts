import { describe, expect, it } from 'vitest'
import { adviceOf } from '../../src/destinations/advice.js'
import { ASSUME_ROLE_ERRORS, COMMON_ERRORS } from '../../src/destinations/aws-errors.js'
import { EVENT_HUBS_ERRORS } from '../../src/destinations/event-hubs-errors.js'
import { KINESIS_ERRORS } from '../../src/destinations/kinesis-errors.js'
import { NETWORK_ERRORS } from '../../src/destinations/network-errors.js'
import { S3_ERRORS } from '../../src/destinations/s3-errors.js'

const ROWS = [
  ...[S3_ERRORS, NETWORK_ERRORS].map((groups) => ['s3', '', groups] as const),
  ['kinesis', '', KINESIS_ERRORS] as const,
  ['event-hubs', '', EVENT_HUBS_ERRORS] as const,
  ...(['s3', 'kinesis'] as const).map((type) => [type, 'AssumeRole.', ASSUME_ROLE_ERRORS] as const),
]

describe('what a person can do about an error', () => {
  it.each(ROWS)('is what the table of %s says (codes %s...)', (type, prefix, groups) => {
    for (const { names, advice } of groups)
      for (const name of names) expect([name, adviceOf(type, prefix + name)]).toEqual([name, advice])
  })

  it('is of the service for names that are its own, and of all services for the others', () => {
    const [{ names, advice } = { names: [], advice: '' }] = COMMON_ERRORS
    expect(adviceOf('s3', names[0]!)).toBe(advice)
    expect(adviceOf('kinesis', `AssumeRole.${names[0]}`)).toBe(advice)
    expect(adviceOf('s3', 'AccessDenied')).toContain('s3:PutObject')
    expect(adviceOf('kinesis', 'AccessDeniedException')).not.toContain('s3:PutObject')
  })

  it('is about the trust policy where the role is denied, not about the destination', () => {
    expect(adviceOf('s3', 'AssumeRole.AccessDenied')).toContain('trust policy')
  })

  it('is of the operating system for a folder', () => {
    expect(adviceOf('folder', 'ENOSPC')).toBe('Free disk space, or raise the quota.')
  })

  it.each(['s3', 'kinesis', 'event-hubs', 'folder'] as const)(
    'is nothing where no table of %s has the code',
    (type) => {
      for (const code of ['NoSuchCode', 'AssumeRole.NoSuchCode', ''])
        expect([code, adviceOf(type, code)]).toEqual([code, undefined])
    },
  )
})
