import { describe, expect, it } from 'vitest'
import { policy, UNKNOWN_PRINCIPAL } from '../../src/cli/policy.js'
import { configurationFile, ENV, soundBut } from '../config/configuration-files.js'
import { recordingTerminal } from '../support/recording-terminal.js'

const ROLE = 'arn:aws:iam::123456789012:role/currents'

async function printed(
  connector: string,
  changes: Record<string, unknown>,
  json: boolean,
  principal = UNKNOWN_PRINCIPAL,
) {
  const terminal = recordingTerminal({ ...ENV, KAFKA_USER: 'planted-user', KAFKA_PASSWORD: 'planted-password' })
  // The events topic of `soundBut` has no selected type to check.
  await policy(connector, { config: await configurationFile(soundBut(changes)), json, principal }, terminal)
  return terminal.said.out.join('\n')
}

async function document(
  connector: string,
  changes: Record<string, unknown> = {},
  principal?: string,
): Promise<unknown> {
  return JSON.parse(await printed(connector, changes, true, principal))
}

const allow = (Sid: string, Action: string, Resource: string, more: object = {}) => {
  return { Sid, Effect: 'Allow', Action: [Action], Resource: [Resource], ...more }
}

describe('millrace policy', () => {
  it('one document: least IAM policy, what is optional, Kafka ACLs', async () => {
    expect(await document('a')).toEqual({
      connector: 'a',
      destination: {
        type: 's3',
        identity: 'the user whose keys are in account keys',
        policy: {
          Version: '2012-10-17',
          Statement: [allow('MillraceWritesObjects', 's3:PutObject', 'arn:aws:s3:::acme-currents/currents/*')],
        },
        optional: {
          Version: '2012-10-17',
          Statement: [
            allow('MillraceFindsRegion', 's3:GetBucketLocation', 'arn:aws:s3:::acme-currents'),
            allow('MillraceLists', 's3:ListBucket', 'arn:aws:s3:::acme-currents', {
              Condition: { StringLike: { 's3:prefix': 'currents/*' } },
            }),
            allow('MillraceReadsObjects', 's3:GetObject', 'arn:aws:s3:::acme-currents/currents/*'),
          ],
        },
      },
      kafka: {
        principal: 'User:<the name in the client certificate, or ANONYMOUS>',
        acls: [
          ['topic', 'events', ['Read', 'Describe'], false],
          ['group', 'millrace.a', ['Read'], false],
          ['topic', 'millrace.drops', ['Write', 'Describe'], false],
          ['topic', 'millrace.dead-letters', ['Write', 'Describe'], false],
          ['topic', 'millrace.drops', ['Create'], true],
          ['topic', 'millrace.dead-letters', ['Create'], true],
          ['topic', 'millrace.drops', ['Read'], true],
          ['topic', 'millrace.dead-letters', ['Read'], true],
          ['topic', 'millrace.health', ['Read', 'Write', 'Describe', 'Create'], true],
          ['topic', 'millrace.control', ['Read', 'Write', 'Describe', 'Create'], true],
          ['topic', 'events', ['DescribeConfigs'], true],
          ['topic', 'millrace.drops', ['DescribeConfigs'], true],
        ].map(([resource, name, operations, optional]) => {
          return { resource, name, operations, purpose: expect.any(String) as string, optional }
        }),
      },
    })
  })

  it('a role: who may take it and with which external id; what the machine needs', async () => {
    const account = { type: 'aws', roleArn: ROLE, externalId: 'an-id' }
    const who = 'arn:aws:iam::210987654321:role/millrace'
    expect(await document('a', { 'accounts.keys': account }, who)).toMatchObject({
      destination: {
        identity: `the role ${ROLE}`,
        role: {
          trustPolicy: {
            Statement: [
              {
                Action: ['sts:AssumeRole'],
                Principal: { AWS: who },
                Condition: { StringEquals: { 'sts:ExternalId': 'an-id' } },
              },
            ],
          },
          machinePolicy: { Statement: [allow('MillraceTakesTheRole', 'sts:AssumeRole', ROLE)] },
        },
      },
    })
    const text = await printed('a', { 'accounts.keys': { type: 'aws', roleArn: ROLE } }, false)
    expect(text).toContain('has no external id: make one with millrace external-id')
    expect(text).toContain('--principal')
  })

  it('other partitions, macros, and characters that mean something in a policy', async () => {
    const policyFor = async (changes: Record<string, unknown>) => {
      const { destination } = (await document('a', changes)) as {
        destination: { policy: { Statement: { Resource: string[] }[] } }
      }
      return destination.policy.Statement[0]?.Resource[0]
    }
    const [region, folder] = ['connectors.a.destination.region', 'connectors.a.destination.folder']
    expect(await policyFor({ [region]: 'cn-north-1' })).toBe('arn:aws-cn:s3:::acme-currents/currents/*')
    expect(await policyFor({ [region]: 'us-gov-west-1' })).toBe('arn:aws-us-gov:s3:::acme-currents/currents/*')
    expect(await policyFor({ [folder]: 'a/x-%YYYY%/b' })).toBe('arn:aws:s3:::acme-currents/a/x-*')
    expect(await policyFor({ [folder]: 'what?*' })).toBe('arn:aws:s3:::acme-currents/what${?}${*}/*')
  })

  const stream = { type: 'kinesis', account: 'keys', stream: 'engagement', region: 'eu-west-1' }

  it('a stream of Kinesis: the one right, and what a key of the customer needs beside', async () => {
    const found = await document('a', { 'connectors.a.destination': stream })
    expect(found).toMatchObject({
      destination: {
        ...{ type: 'kinesis', identity: 'the user whose keys are in account keys' },
        policy: {
          Statement: [
            allow('MillraceWritesRecords', 'kinesis:PutRecords', 'arn:aws:kinesis:eu-west-1:*:stream/engagement'),
          ],
        },
        keyPolicy: { Statement: [{ Action: ['kms:GenerateDataKey'] }] },
      },
      kafka: { acls: expect.arrayContaining([expect.objectContaining({ name: 'millrace.a' })]) as unknown },
    })
    expect(JSON.stringify(found)).not.toContain('s3')
    const text = await printed('a', { 'connectors.a.destination': stream }, false)
    expect(text).toContain('# Only where the stream is encrypted with a KMS key of your own')
    expect(text).not.toContain('bucket')
  })

  it("a stream by a role: in the role's account, with the external id", async () => {
    const account = { type: 'aws', roleArn: ROLE, externalId: 'an-id' }
    const changes = { 'connectors.a.destination': stream, 'accounts.keys': account }
    expect(await document('a', changes)).toMatchObject({
      destination: {
        policy: { Statement: [{ Resource: ['arn:aws:kinesis:eu-west-1:123456789012:stream/engagement'] }] },
        role: {
          trustPolicy: { Statement: [{ Condition: { StringEquals: { 'sts:ExternalId': 'an-id' } } }] },
          machinePolicy: { Statement: [allow('MillraceTakesTheRole', 'sts:AssumeRole', ROLE)] },
        },
      },
    })
    expect(await printed('a', changes, false)).toContain(`# Trust policy of ${ROLE}`)
  })

  it('an event hub: a rule that may send, or the role of Entra ID', async () => {
    const hub = { type: 'event-hubs', account: 'keys', eventHub: 'engagement' }
    const policyFor = async (account: object) => {
      const changes = { 'connectors.a.destination': hub, 'accounts.keys': { type: 'event-hubs', ...account } }
      return { document: await document('a', changes), text: await printed('a', changes, false) }
    }
    const byString = await policyFor({ connectionString: 'env:KAFKA_PASSWORD' })
    expect(byString.document).toMatchObject({
      destination: {
        ...{ type: 'event-hubs', identity: 'whoever has the connection string in account keys' },
        ...{ right: 'Send', scope: 'event hub engagement' },
      },
    })
    expect(byString.text).toContain('authorization-rule create')
    expect(byString.text).not.toContain('planted')
    const entra = { namespace: 'acme.servicebus.windows.net' }
    expect((await policyFor(entra)).document).toMatchObject({
      destination: { identity: 'the identity of the machine' },
    })
    const application = { ...entra, tenantId: 't', clientId: 'the-client', clientSecret: 'env:KAFKA_PASSWORD' }
    const { document: found, text } = await policyFor(application)
    expect(found).toMatchObject({
      destination: { right: 'Azure Event Hubs Data Sender', identity: 'the application the-client' },
    })
    expect(text).toMatch(/Azure Event Hubs Data Sender on .*\/eventhubs\/engagement, for the application the-client/)
    expect(text).toContain('az role assignment create')
    expect(text).not.toContain('planted')
  })

  it('a folder', async () => {
    const text = await printed('b', {}, false)
    expect(text).toMatch(/\/out: the user Millrace runs as creates, writes/)
    expect(text).not.toContain('IAM')
  })

  it('Kafka commands without the user name, which is a secret like the password', async () => {
    const sasl = { mechanism: 'plain', username: 'env:KAFKA_USER', password: 'env:KAFKA_PASSWORD' }
    const text = await printed('a', { 'kafka.sasl': sasl }, false)
    expect(text).toContain(
      'kafka-acls.sh --bootstrap-server $BROKERS --add --allow-principal "User:$KAFKA_USER" --operation Read --group millrace.a',
    )
    expect(text).not.toContain('planted')
  })

  it('an unknown connector names those there are', async () => {
    await expect(document('c')).rejects.toThrow('c: there is no such connector: choose one of a, b')
  })
})
