import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Answers } from '../../../src/cli/add/answers.js'
import type { Asker } from '../../../src/cli/add/asker.js'
import { askForTheRest, without } from '../../../src/cli/add/guide.js'
import { openPlace, type Place } from '../../../src/cli/add/place.js'
import { proposalOf } from '../../../src/cli/add/proposal.js'
import { UNKNOWN_PRINCIPAL } from '../../../src/cli/policy.js'
import { DESTINATION_TYPES } from '../../../src/destinations/registry.js'
import { recordingTerminal } from '../../support/recording-terminal.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const FILE = `kafka: { brokers: ['localhost:9092'] }
accounts:
  keys: { type: aws, accessKeyId: env:ID, secretAccessKey: env:SECRET }
  hub: { type: event-hubs, namespace: acme.servicebus.windows.net }
connectors:
  taken:
    topics: [t]
    destination: { type: s3, account: keys, bucket: bucket, region: eu-west-1, folder: a }
`

/** What a person answers, by the beginning of the question; several answers: until one of them is right. */
type Script = Record<string, string | string[]>

/** Somebody who answers from a script. What stands there to begin with is kept where the script says nothing. */
function person(script: Script) {
  const asked: string[] = []
  const told: string[] = []
  const refused: string[] = []
  const answersTo = (message: string): string[] => {
    const key = Object.keys(script).find((start) => message.startsWith(start))
    return key === undefined ? [] : [script[key] ?? []].flat()
  }
  const typed: Asker['text'] = ({ message, initial = '', problem }) => {
    asked.push(message)
    const answers = answersTo(message)
    for (const answer of answers.length > 0 ? answers : [initial]) {
      const wrong = problem(answer)
      if (wrong === undefined) return Promise.resolve(answer)
      refused.push(`${message}: ${wrong}`)
    }
    return Promise.reject(new Error(`no right answer to ${message}: ${refused.at(-1)}`))
  }
  const asker: Asker = {
    text: typed,
    hidden: typed,
    choose: (message, choices, initial) => {
      asked.push(`${message} ${choices.map(({ value }) => value).join(' | ')}`)
      const [answer] = answersTo(message)
      return Promise.resolve(choices.find(({ value }) => value === answer)?.value ?? initial ?? choices[0]!.value)
    },
    tell: (lines) => void told.push(...lines),
  }
  return { asker, asked, told, refused }
}

describe('what millrace add asks', () => {
  let folder: string
  let place: Place
  beforeEach(async () => {
    folder = await temporaryFolder()
    const path = join(folder, 'millrace.yaml')
    await writeFile(path, FILE)
    place = await openPlace(path, recordingTerminal({ ID: 'AKIA', SECRET: 'planted' }))
  })

  const guided = async (script: Script, given: Answers = {}, before: Answers = {}) => {
    const { asker, ...seen } = person(script)
    const answers = await askForTheRest(given, { asker, place, before, principal: UNKNOWN_PRINCIPAL })
    return { answers, ...seen }
  }

  const minimal = { 'Name of the connector': 'acme', 'Kafka topics': 'a, b', Bucket: 'bucket', Region: 'eu-west-1' }

  it('everything that is not said; an existing account needs no more', async () => {
    const { answers, asked } = await guided({
      ...minimal,
      Description: 'd',
      Whose: 'existing keys',
      'Event types': 'users.*',
    })
    expect(answers).toEqual({
      ...{ type: 's3', name: 'acme', description: 'd', contact: '', topics: ['a', 'b'], events: ['users.*'] },
      ...{ bucket: 'bucket', endpoint: '', region: 'eu-west-1', folder: 'currents', encryption: 'none' },
      ...{ identity: 'existing', account: 'keys' },
    })
    expect(asked[0]).toBe(`Where do the events go? ${DESTINATION_TYPES.join(' | ')}`)
    expect(asked.at(-1)).toBe('Whose credentials does it use? existing keys | keys | role | machine')
    expect(proposalOf(answers, place).proposed.text).toBe(`${FILE}  acme:
    description: d
    enabled: false
    topics: [a, b]
    events:
      include: [users.*]
    destination:
      type: s3
      account: keys
      bucket: bucket
      region: eu-west-1
      folder: currents
`)
  })

  it('a folder: nothing about buckets and credentials', async () => {
    const { asked } = await guided({ ...minimal, 'Where do': 'folder', Path: './out' })
    expect(asked.filter((question) => /Bucket|Region|Whose|encryption/.test(question))).toEqual([])
  })

  it('nothing that is said already, unless it is wrong', async () => {
    const said: Answers = {
      ...{ type: 's3', name: 'acme', description: '', contact: '', topics: ['a'], events: [], bucket: 'BUCKET' },
      ...{ endpoint: '', region: 'eu-west-1', folder: 'b', encryption: 'none', identity: 'existing', account: 'keys' },
    }
    const { asked, told, answers } = await guided({ Bucket: 'bucket' }, said)
    expect(asked).toEqual(['Bucket (it must exist)'])
    expect(told[0]).toMatch(/^--bucket <name>: "BUCKET" is no bucket name/)
    expect(answers).toEqual({ ...said, bucket: 'bucket' })
  })

  it('says at once what is wrong with an answer, in the words of millrace validate', async () => {
    const { refused } = await guided({
      'Name of the connector': ['Acme Archive', 'taken', 'acme'],
      'Kafka topics': ['', 'a/b', 'millrace.drops', 'a'],
      'Event types': ['no.such.type', 'users.messages.*'],
      Bucket: ['My_Bucket', 'bucket'],
      Region: ['', 'europe', 'eu-west-1'],
      Folder: ['a', 'a/b', '../c', 'b'],
      Whose: 'keys',
      'Name of the new account': ['..', 'hub', 'acme'],
      'Access key id': ['', 'env:NOT_SET', 'file:missing', 'env:ID'],
      'Secret access key': ['', 'planted-typed'],
    })
    expect(refused.map((words) => words.replace(/^(\w+ \w+).*?( \(.*?\))?: /, '$1: ').replace(folder, '')))
      .toMatchInlineSnapshot(`
      [
        "Name of: "Acme Archive" is no connector name: write 1-63 of a-z 0-9 -",
        "Name of: there is a connector taken already: choose another name",
        "Kafka topics: is missing: it cannot be left out",
        "Kafka topics: "a/b" is no Kafka topic name: write 1-249 of A-Z a-z 0-9 . _ -",
        "Kafka topics: Millrace writes to "millrace.drops" itself (kafka.topics.drops): name another topic",
        "Event types: no event type matches "no.such.type": see the event types with: millrace schemas list",
        "Bucket (it must exist): "My_Bucket" is no bucket name: write 3-63 of a-z 0-9 . -, with a letter or digit at both ends",
        "Region, such as eu-west-1: is missing: it cannot be left out",
        "Region, such as eu-west-1: "europe" is no AWS region: write it like eu-west-1",
        "Folder inside: connector taken writes to "a" as well: write a folder of its own",
        "Folder inside: "a/b" and "a" of connector taken lie inside each other: write a folder of its own",
        "Folder inside: "../c" holds "." or "..": write the folder itself",
        "Name of: secrets/.. is there already: choose another name, or move it away",
        "Name of: there is an account hub already: choose another name",
        "Access key: is missing: it cannot be left out",
        "Access key: the environment variable NOT_SET is not set: set it, or refer to another secret with env:NAME or file:path",
        "Access key: the secret file /missing does not exist: set it, or refer to another secret with env:NAME or file:path",
        "Secret access: is missing: it cannot be left out",
      ]
    `)
    expect(inspect(refused)).not.toContain('planted')
  })

  it('what is typed is a secret that goes into a file of its own, and is shown nowhere', async () => {
    const keys = {
      Whose: 'keys',
      'Name of the new account': 'acme',
      'Access key id': 'planted-id',
      'Secret access': 'planted',
    }
    const { answers } = await guided({ ...minimal, ...keys, 'Session token': 'env:SECRET' })
    const proposal = proposalOf(answers, place)
    expect(proposal.additions[0]).toEqual({
      ...{ section: 'accounts', name: 'acme' },
      value: {
        type: 'aws',
        accessKeyId: 'file:secrets/acme/access-key-id',
        secretAccessKey: 'file:secrets/acme/secret-access-key',
        sessionToken: 'env:SECRET',
      },
    })
    const written = [...proposal.proposed.secrets].map(([path, secret]) => [
      path.slice(folder.length + 1),
      secret.read(),
    ])
    expect(written).toEqual([
      ['secrets/acme/access-key-id', 'planted-id'],
      ['secrets/acme/secret-access-key', 'planted'],
    ])
    expect(inspect({ answers, proposal }, { depth: 10 }) + JSON.stringify({ answers, proposal })).not.toContain(
      'planted',
    )
    expect((await place.check(proposal.proposed)) as object).toHaveProperty('configuration')
  })

  it('a role: external id, trust policy and rights are shown before its ARN is asked for', async () => {
    const arn = 'arn:aws:iam::123456789012:role/currents'
    let shownBefore = 0
    const script = { ...minimal, Whose: 'role', 'Name of the new account': 'acme', 'ARN of the role': arn }
    const { asker, told } = person(script)
    const ask: Asker['text'] = (question) => {
      if (question.message.startsWith('ARN')) shownBefore = told.length
      return asker.text(question)
    }
    const guide = { asker: { ...asker, text: ask }, place, before: {}, principal: UNKNOWN_PRINCIPAL }
    const answers = await askForTheRest({}, guide)
    expect(answers).toMatchObject({
      identity: 'role',
      roleArn: arn,
      externalId: expect.stringMatching(/^millrace-\w{32}$/) as string,
    })
    const plan = told.slice(0, shownBefore).join('\n')
    expect(plan).toContain(`"sts:ExternalId": "${answers.externalId}"`)
    expect(plan).toContain('arn:aws:s3:::bucket/currents/*')
    expect(plan).toContain(`millrace add --external-id ${answers.externalId}`)
    expect(proposalOf(answers, place).additions[0]?.value).toEqual({
      type: 'aws',
      roleArn: arn,
      externalId: answers.externalId,
    })
  })

  const kinesis: Answers = { type: 'kinesis', name: 'acme', description: '', contact: '', topics: ['a'], events: [] }
  const eventHubs: Answers = { ...kinesis, type: 'event-hubs' }

  it('a stream of Kinesis: with an account of AWS, and without what has its default', async () => {
    const said = { Stream: ['no stream', 'engagement'], 'Address of': '', Region: 'eu-west-1', Whose: 'existing keys' }
    const { answers, asked, refused } = await guided({ ...said, 'Partition key': ['user id', 'device_id'] }, kinesis)
    expect(asked.map((question) => question.split(/ [(|]|, /)[0])).toEqual([
      'Stream',
      'Address of a compatible server',
      'Region',
      'Partition key',
      'Format of the records avro',
      'Whose credentials does it use? existing keys',
    ])
    expect(refused).toEqual([
      expect.stringContaining('"no stream" is no stream name') as string,
      expect.stringContaining('"user id" is no partition key') as string,
    ])
    expect(proposalOf(answers, place).additions).toEqual([
      {
        ...{ section: 'connectors', name: 'acme' },
        value: {
          enabled: false,
          topics: ['a'],
          destination: {
            ...{ type: 'kinesis', account: 'keys', stream: 'engagement', region: 'eu-west-1' },
            partitionKey: 'device_id',
          },
        },
      },
    ])
    const chosen = { ...answers, recordFormat: 'json', aggregation: 'kpl', allowHttp: true, endpoint: 'http://x:1' }
    expect(proposalOf(chosen, place).additions[0]?.value).toMatchObject({
      destination: { aggregation: 'kpl', endpoint: 'http://x:1', allowHttp: true },
      records: { format: 'json' },
    })
  })

  it('an event hub by a connection string: typed unseen, into a file of its own', async () => {
    const said = { 'Event hub': 'engagement', Whose: 'connection-string', 'How is': 'websockets' }
    const typed = { ...said, 'Connection string': 'Endpoint=sb://acme/;SharedAccessKey=planted' }
    const { answers, asked } = await guided(typed, eventHubs)
    expect(asked.find((question) => question.startsWith('Whose'))).toBe(
      'Whose credentials does it use? existing hub | connection-string | application | machine',
    )
    const proposal = proposalOf(answers, place)
    expect(proposal.additions.map(({ value }) => value)).toEqual([
      { type: 'event-hubs', connectionString: 'file:secrets/acme/connection-string' },
      {
        enabled: false,
        topics: ['a'],
        destination: {
          ...{ type: 'event-hubs', account: 'acme', eventHub: 'engagement', partitionKey: 'user_id' },
          transport: 'websockets',
        },
      },
    ])
    expect(proposal.secretFiles).toEqual(['secrets/acme/connection-string'])
    expect(inspect({ answers, proposal }, { depth: 10 }) + JSON.stringify({ answers, proposal })).not.toContain(
      'planted',
    )
    expect((await place.check(proposal.proposed)) as object).toHaveProperty('configuration')
  })

  it('an event hub with Entra ID: an application, or what the machine is', async () => {
    const namespace = ['acme', 'acme.servicebus.windows.net']
    const said = { 'Event hub': 'engagement', Whose: 'application', Namespace: namespace, Directory: 't' }
    const { answers, refused } = await guided({ ...said, Application: 'c', 'Client secret': 'env:SECRET' }, eventHubs)
    expect(refused[0]).toContain('"acme" is no Event Hubs namespace')
    const entra = { type: 'event-hubs', namespace: 'acme.servicebus.windows.net' }
    expect(proposalOf(answers, place).additions[0]?.value).toEqual({
      ...entra,
      ...{ tenantId: 't', clientId: 'c', clientSecret: 'env:SECRET' },
    })
    const machine = await guided({ ...said, Whose: 'machine' }, eventHubs)
    expect(machine.asked.filter((question) => /Directory|Client/.test(question))).toEqual([])
    expect(proposalOf(machine.answers, place).additions[0]?.value).toEqual(entra)
  })

  it('to correct something, asks for that only, beginning with what was said; the external id stays', async () => {
    const first = await guided({
      ...minimal,
      Whose: 'role',
      'Name of the new account': 'acme',
      ARN: 'arn:aws:iam::123456789012:role/a',
    })
    const forgotten = without(first.answers, 'credentials')
    const { answers, asked } = await guided(
      { Whose: 'role', ARN: 'arn:aws:iam::123456789012:role/b' },
      forgotten,
      first.answers,
    )
    expect(asked.map((question) => question.split(' ')[0])).toEqual(['Whose', 'Name', 'ARN'])
    expect(answers).toEqual({ ...first.answers, roleArn: 'arn:aws:iam::123456789012:role/b' })
  })

  it('a file that does not exist yet: where Kafka is comes first', async () => {
    place = await openPlace(join(folder, 'new.yaml'), recordingTerminal())
    const script = { ...minimal, 'Where do': 'folder', 'Kafka brokers': ['kafka://x', 'one:9092, two:9092'] }
    const { answers, asked, refused } = await guided(script)
    expect(asked[0]).toMatch(/^Kafka brokers/)
    expect(refused[0]).toContain('"kafka://x" is no broker address')
    expect(proposalOf(answers, place).proposed.text).toMatch(
      /^kafka:\n {2}brokers: \['one:9092', 'two:9092'\]|^kafka:\n {2}brokers: \[one:9092, two:9092\]/,
    )
  })

  it('what people write is meant as it stands: no part of it is a variable', async () => {
    const { answers } = await guided({
      ...minimal,
      Description: 'costs ${PRICE} or $${x}',
      Whose: 'machine',
      'Name of the new': 'm',
    })
    const checked = await place.check(proposalOf(answers, place).proposed)
    expect('configuration' in checked && checked.configuration.connectors.at(-1)?.description).toBe(
      'costs ${PRICE} or $${x}',
    )
  })

  it('a file with mistakes is refused at once', async () => {
    const path = join(folder, 'wrong.yaml')
    await writeFile(path, 'kafka: { brokers: [x] }\n')
    await expect(openPlace(path, recordingTerminal())).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('kafka.brokers[0]') as string,
    })
    await writeFile(path, '# nothing yet\n')
    expect(await openPlace(path, recordingTerminal())).toMatchObject({ hasKafka: false, connectors: [] })
  })
})
