import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { answersOf, type AnswerOptions } from '../../../src/cli/add/answers.js'
import { requireAnswers } from '../../../src/cli/add/unattended.js'
import type { Place } from '../../../src/cli/add/place.js'

const place = {
  ...{ file: { path: '/nowhere/millrace.yaml', text: '' }, hasKafka: true },
  ...{ accountsOf: { aws: ['keys'], 'event-hubs': ['hub'] }, accounts: ['keys', 'hub'], connectors: ['taken'] },
} as unknown as Place

/** What is told of options that do not suffice; undefined when they do. */
function told(name: string | undefined, options: AnswerOptions, at = place): string[] | undefined {
  const lines = message(name, options, at).split('\n').slice(1, -1)
  return lines.length === 0 ? undefined : lines
}

function message(name: string | undefined, options: AnswerOptions, at = place): string {
  try {
    requireAnswers(answersOf(name, options), at)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

const folder: AnswerOptions = { type: 'folder', path: './out', topic: ['t'], save: true }
const kinesis: AnswerOptions = { type: 'kinesis', stream: 's', region: 'eu-west-1', topic: ['t'], enabled: true }
const eventHubs: AnswerOptions = { type: 'event-hubs', eventHub: 'h', topic: ['t'], enabled: true }
const s3: AnswerOptions = { type: 's3', bucket: 'b', region: 'eu-west-1', topic: ['t'], enabled: true }

describe('the options of millrace add', () => {
  it('become answers', () => {
    const keys = { newAccount: 'k', accessKeyId: 'env:A', secretAccessKey: 'file:s' }
    expect(answersOf('a', { ...s3, ...keys, event: ['x.*', 'y'] })).toEqual({
      ...{ name: 'a', type: 's3', bucket: 'b', region: 'eu-west-1', topics: ['t'], events: ['x.*', 'y'] },
      ...{ identity: 'keys', account: 'k', accessKeyId: 'env:A', secretAccessKey: 'file:s', enabled: true },
    })
    expect(answersOf('a', { ...folder }).enabled).toBe(false)
    expect(answersOf('a', {})).toEqual({ name: 'a' })
  })

  it.each([
    [{ account: 'keys' }, 'existing'],
    [{ newAccount: 'k', roleArn: 'arn' }, 'role'],
    [{ newAccount: 'k', externalId: 'x' }, 'role'],
    [{ newAccount: 'k', machineIdentity: true }, 'machine'],
    [{ newAccount: 'k', connectionString: 'env:A' }, 'connection-string'],
    [{ newAccount: 'k', clientId: 'id' }, 'application'],
    [{ newAccount: 'k', namespace: 'n', machineIdentity: true }, 'machine'],
    [{ newAccount: 'k', namespace: 'n' }, undefined],
    [{ newAccount: 'k' }, undefined],
  ])('%j: whose credentials', (options, identity) => {
    expect(answersOf('a', options).identity).toBe(identity)
  })

  it('a secret itself is refused and shown nowhere', () => {
    for (const option of ['accessKeyId', 'secretAccessKey', 'sessionToken', 'connectionString', 'clientSecret']) {
      const thrown = (() => {
        try {
          return answersOf('a', { [option]: 'planted-secret' })
        } catch (error) {
          return error
        }
      })()
      expect(thrown).toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('env:NAME or file:path') as string,
      })
      expect(inspect(thrown)).not.toContain('planted')
    }
  })

  it('refuses contradictions', () => {
    expect(() => answersOf('a', { enabled: true, save: true })).toThrow('--launch and --save')
    expect(() => answersOf('a', { account: 'a', newAccount: 'b' })).toThrow('--account and --new-account')
    expect(() => answersOf('a', { account: 'a', machineIdentity: true })).toThrow('--account and --machine-identity')
  })

  it('suffice, or everything that is missing is told at once', () => {
    expect(told('a', folder)).toBeUndefined()
    expect(told('a', { ...s3, account: 'keys' })).toBeUndefined()
    expect(told('a', { ...s3, newAccount: 'm', machineIdentity: true })).toBeUndefined()
    // With an address of its own, a store needs no region.
    expect(told('a', { ...s3, region: undefined as never, endpoint: 'https://s', account: 'keys' })).toBeUndefined()
    expect(told(undefined, {}, { ...place, hasKafka: false })).toEqual([
      '  missing: --brokers <host:port,…>',
      '  missing: --type <type>',
      '  missing: <connector>, the name',
      '  missing: --topic <name>',
      '  missing: --launch or --save',
    ])
    expect(told('a', { type: 's3', newAccount: 'k', accessKeyId: 'env:A' })).toEqual([
      '  missing: --topic <name>',
      '  missing: --bucket <name>',
      '  missing: --region <region>',
      '  missing: --secret-access-key <reference>',
      '  missing: --launch or --save',
    ])
    expect(told('a', { ...s3, roleArn: 'arn' })).toEqual(['  missing: --new-account <name>'])
    expect(told('a', { ...s3 })?.[0]).toMatch(/^ {2}missing: --account <name>; or --new-account <name> with/)
  })

  it('must go together, with names of their own', () => {
    expect(told('a', { ...folder, bucket: 'b', accessKeyId: 'env:A' })).toEqual([
      '  --bucket <name> is only for an s3 destination',
      '  --access-key-id <reference> is only for a new account with an access key',
    ])
    expect(told('a', { ...folder, newAccount: 'm', machineIdentity: true })).toEqual([
      '  --machine-identity is only for an s3 or kinesis destination',
      '  --machine-identity is only for an event-hubs destination',
      '  --(new-)account <name> is only for an s3, kinesis or event-hubs destination',
    ])
    expect(told('a', { ...s3, account: 'keys', roleArn: 'arn' })).toEqual([
      '  --role-arn <arn> is only for a new account that takes a role',
    ])
    expect(told('a', { ...folder, brokers: 'x:1' })?.[0]).toContain('--brokers <host:port,…> is only for a file')
    expect(told('taken', folder)).toEqual(['  there is a connector taken already: choose another name'])
    expect(message('taken', folder).split('\n')).toEqual([
      'it cannot be added like this:',
      '  there is a connector taken already: choose another name',
      'Nothing was added.',
    ])
    const none = '  there is no account nope for s3: choose one of keys, or make a new one with --new-account'
    expect(told('a', { ...s3, account: 'nope' })).toEqual([none])
    expect(told('a', { type: 's3', bucket: 'b', region: 'x', account: 'nope' })).toEqual([
      '  missing: --topic <name>',
      '  missing: --launch or --save',
      none,
    ])
    expect(told('a', { ...s3, account: 'nope' }, { ...place, accountsOf: { aws: [], 'event-hubs': ['hub'] } })).toEqual(
      ['  there is no account nope for s3: there is none yet: make a new one with --new-account'],
    )
    const hub = { ...s3, newAccount: 'hub', machineIdentity: true }
    expect(told('a', hub)).toEqual(['  there is an account hub already: choose another name'])
  })
  it('of a kinesis destination', () => {
    expect(told('a', { ...kinesis, account: 'keys', partitionKey: 'kafka-key', aggregation: 'kpl' })).toBeUndefined()
    expect(told('a', { type: 'kinesis', account: 'hub' })).toEqual([
      '  missing: --topic <name>',
      '  missing: --stream <name>',
      '  missing: --region <region>',
      '  missing: --launch or --save',
      '  there is no account hub for kinesis: choose one of keys, or make a new one with --new-account',
    ])
    expect(told('a', { ...kinesis, account: 'keys', bucket: 'b', folder: 'f', eventHub: 'h' })).toEqual([
      '  --bucket <name> is only for an s3 destination',
      '  --event-hub <name> is only for an event-hubs destination',
      '  --folder <path> is only for an s3 or folder destination',
    ])
  })

  it('of an event-hubs destination', () => {
    const entra = { ...eventHubs, newAccount: 'new', namespace: 'acme.servicebus.windows.net' }
    expect(told('a', { ...eventHubs, account: 'hub', transport: 'websockets' })).toBeUndefined()
    expect(told('a', { ...eventHubs, newAccount: 'new', connectionString: 'env:A' })).toBeUndefined()
    expect(told('a', { ...entra, machineIdentity: true })).toBeUndefined()
    expect(told('a', { ...entra, tenantId: 't', clientId: 'c', clientSecret: 'file:s' })).toBeUndefined()
    expect(told('a', { ...eventHubs })?.[0]).toMatch(/^ {2}missing: --account <name>; or .* with --connection-string/)
    expect(told('a', { ...eventHubs, newAccount: 'new', clientId: 'c' })).toEqual([
      '  missing: --namespace <host>',
      '  missing: --tenant-id <id>',
      '  missing: --client-secret <reference>',
    ])
    expect(told('a', { ...entra, connectionString: 'env:A' })).toEqual([
      '  --namespace <host> is only for a new account of event-hubs with Entra ID',
    ])
    expect(told('a', { ...eventHubs, newAccount: 'new', accessKeyId: 'env:A', secretAccessKey: 'env:B' })).toEqual([
      '  --access-key-id <reference> is only for a new account with an access key',
      '  --secret-access-key <reference> is only for a new account with an access key',
    ])
  })
})
