import { describe, expect, test } from 'vitest'
import { byName } from '../../src/destinations/error-table.js'
import {
  CONDITIONS,
  ENTRA_ERRORS,
  EVENT_HUBS_CLIENT_ERRORS,
  EVENT_HUBS_ERRORS,
} from '../../src/destinations/event-hubs-errors.js'
import { diagnose } from '../../src/destinations/event-hubs-failure.js'

const TABLES = [...EVENT_HUBS_ERRORS, ...EVENT_HUBS_CLIENT_ERRORS, ...ENTRA_ERRORS]

describe.each([
  ['Event Hubs', EVENT_HUBS_ERRORS],
  ['client', EVENT_HUBS_CLIENT_ERRORS],
  ['Entra ID', ENTRA_ERRORS],
])('the %s table', (_name, groups) => {
  test('has every name once', () => {
    expect(byName(groups).size).toBe(groups.flatMap(({ names }) => names).length)
  })

  test('says for every row where its names are from and what to do', () => {
    expect(groups.filter(({ source, advice }) => source.length < 10 || !advice.endsWith('.'))).toEqual([])
  })
})

test('every condition is found, said by AMQP itself or under the name that the SDK gives it', () => {
  for (const group of EVENT_HUBS_ERRORS) {
    for (const name of group.names) {
      const sdkNames = Object.keys(CONDITIONS).filter((each) => CONDITIONS[each] === name)
      const errors = [{ condition: name }, ...sdkNames.map((code) => Object.assign(new Error('x'), { code }))]
      for (const error of errors) {
        expect(diagnose(error)).toMatchObject({ code: name, class: group.class, hitsAll: group.perObject !== true })
      }
    }
  }
})

test('only names that speak of credentials start the 48-hour clock', () => {
  const credentials = TABLES.filter((group) => group.class === 'credentials')
  expect(credentials.flatMap(({ names }) => names).sort()).toEqual([
    'AADSTS50034',
    'AADSTS53003',
    'AADSTS7000112',
    'AADSTS700016',
    'AADSTS7000215',
    'AADSTS7000222',
    'AADSTS90002',
    'AADSTS900023',
    'access_denied',
    'amqp:unauthorized-access',
    'com.microsoft:publisher-revoked',
    'invalid_client',
    'invalid_grant',
    'invalid_tenant',
    'unauthorized_client',
  ])
})

test("the SDK's opinion about retrying and its text are not looked at", () => {
  const error = Object.assign(new Error('Unauthorized access'), { name: 'MessagingError', retryable: true })
  expect(diagnose(error)).toMatchObject({ class: 'transient', code: 'UNKNOWN', hitsAll: false })
  expect(diagnose(Object.assign(error, { code: 'UnauthorizedError' })).class).toBe('credentials')
})

test('what was said is told on one line, without what may be a secret', () => {
  const description = `The token ${'Zm9v'.repeat(20)} is\n invalid.`
  expect(diagnose({ condition: 'amqp:unauthorized-access', description }).said).toBe('The token […] is invalid')
})
