import { randomUUID } from 'node:crypto'
import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import type { Outcome } from '../../../src/cli/add/outcome.js'
import { AwsFaultPeer, type PeerFault } from '../../support/aws-fault-peer.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { createTopic, produce, uniqueTopic } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'
import { Moto, type MotoUser } from '../../support/moto.js'
import { CTRL_C, ENTER, PseudoTerminal } from '../../support/pseudo-terminal.js'

const EVENT = { event_type: 'users.messages.webhook.Send', id: 'e', user_id: 'u', time: 1_790_000_000 }
const PLANTED = 'planted-wrong-secret'

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

describeWithServers('millrace add', ['kafka', 'moto'], (servers) => {
  const { brokers } = servers.kafka
  const moto = Moto.at(servers.moto)
  let user: MotoUser
  beforeAll(async () => {
    user = await moto.createUser(`u-${randomUUID()}`)
    const everything = { Sid: 'All', Effect: 'Allow' as const, Action: ['s3:*'], Resource: ['*'] }
    await moto.allowUser(user.name, { Version: '2012-10-17', Statement: [everything] })
  })

  /** A configuration with a comment, a topic with an event, a bucket. */
  async function place() {
    const [topic, own, bucket] = [await createTopic(brokers), uniqueTopic('side'), `bucket-${randomUUID()}`]
    await moto.createBucket(bucket)
    await produce(brokers, topic, [{ value: JSON.stringify(EVENT) }])
    const before = `# of the operators
kafka:
  brokers: ${JSON.stringify(brokers)}   # these
  topics: { drops: ${own}-drops, deadLetters: ${own}-dead }
service: { http: false }
`
    const env = { GOOD_ID: user.accessKeyId, GOOD_SECRET: user.secretAccessKey, WRONG: PLANTED }
    const { folder, run } = await workplace(before, env)
    return { topic, bucket, before, env, folder, run, file: () => readFile(join(folder, 'millrace.yaml'), 'utf8') }
  }

  const options = ({ topic, bucket }: { topic: string; bucket: string }, secret: string) => [
    ...['add', 'acme', '--type', 's3', '--topic', topic, '--bucket', bucket, '--endpoint', moto.endpoint],
    ...['--new-account', 'keys', '--access-key-id', 'env:GOOD_ID', '--secret-access-key', secret, '--wait', '0s'],
  ]

  it('by options: tested, written behind what was there, and delivering at once', async () => {
    const at = await place()
    const more = ['--event', 'users.messages.*', '--contact', 'data@acme.example', '--encryption', 'AES256', '--launch']
    const { code, stdout, stderr } = await at.run(...options(at, 'env:GOOD_SECRET'), ...more, '--json')
    expect([code, stderr]).toEqual([0, ''])
    const outcome = JSON.parse(stdout) as Outcome
    expect(outcome).toMatchObject({
      ...{ name: 'acme', file: 'millrace.yaml', enabled: true, written: true, tested: true, secretFiles: [] },
      added: [{ path: 'accounts.keys' }, { path: 'connectors.acme', value: { topics: [at.topic] } }],
    })
    const credentials = outcome.checks.find(({ name }) => name === 'credentials')
    expect(credentials).toMatchObject({ status: 'ok' })
    expect(await at.file()).toBe(`${at.before}
accounts:
  keys:
    type: aws
    accessKeyId: env:GOOD_ID
    secretAccessKey: env:GOOD_SECRET

connectors:
  acme:
    contact: data@acme.example
    enabled: true
    topics: [${at.topic}]
    events:
      include: [users.messages.*]
    destination:
      type: s3
      account: keys
      bucket: ${at.bucket}
      encryption: AES256
      endpoint: ${moto.endpoint}
`)
    expect((await at.run('run', '--once')).stderr).toContain('1 events delivered in 1 objects')
    const second = ['add', 'copy', '--type', 'folder', '--path', './copy', '--topic', at.topic, '--save']
    expect(await at.run(...second)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Saved for later') as string,
    })
    expect(await at.file()).toMatch(/\n {2}copy:\n {4}enabled: false\n/)
  })

  it('wrong credentials: exit 3, the error is shown, nothing is written; --skip-test writes', async () => {
    const at = await place()
    const refused = await at.run(...options(at, 'env:WRONG'), '--launch')
    expect(refused.code).toBe(3)
    expect(refused.stdout).toMatch(/failed +credentials +.*SignatureDoesNotMatch/)
    expect(refused.stderr).toContain('nothing was written')
    const document = await at.run(...options(at, 'env:WRONG'), '--save', '--json')
    expect(document.code).toBe(3)
    expect(JSON.parse(document.stdout)).toMatchObject({ written: false, tested: true, enabled: false })
    expect([await at.file(), await readdir(at.folder)]).toEqual([at.before, ['millrace.yaml']])
    const untested = await at.run(...options(at, 'env:WRONG'), '--save', '--skip-test', '--json')
    expect([untested.code, JSON.parse(untested.stdout)]).toMatchObject([
      0,
      { written: true, tested: false, checks: [] },
    ])
    const said = [refused, document, untested].map(({ stdout, stderr }) => stdout + stderr).join()
    expect(said).not.toContain(PLANTED)
    expect(said).not.toContain(user.secretAccessKey)
  })

  it('mistakes: exit 2 with all of them; a secret in the command line is refused and not repeated', async () => {
    const at = await place()
    const bare = await at.run('add', '--type', 's3')
    expect(bare).toMatchObject({ code: 2, stdout: '' })
    expect(bare.stderr.match(/missing: /g)).toHaveLength(6)
    const literal = await at.run(...options(at, PLANTED), '--save')
    expect(literal).toMatchObject({ code: 2, stdout: '' })
    expect(literal.stderr).toContain('--secret-access-key takes env:NAME or file:path')
    expect(literal.stderr).not.toContain(PLANTED)
    const wrong = await at.run(...options({ ...at, bucket: 'NO' }, 'env:NOT_SET'), '--region', 'x y', '--save')
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toContain('connectors.acme.destination.bucket: "NO" is no bucket name')
    expect(wrong.stderr).toContain('accounts.keys.secretAccessKey: the environment variable NOT_SET is not set')
    expect([await at.file(), await readdir(at.folder)]).toEqual([at.before, ['millrace.yaml']])
  })

  it('a role that was made a moment ago is waited for', async () => {
    const roleArn = 'arn:aws:iam::123456789012:role/currents'
    const peer = await AwsFaultPeer.start({ keys: { MACHINE: { secret: 'planted-machine' } }, buckets: ['bucket'] })
    onTestFinished(() => peer.stop())
    let asked = 0
    const body = '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>'
    const denied: PeerFault = { answer: { status: 403, body } }
    peer.fault = ({ method, bucket }) => (method === 'POST' && bucket === '' && asked++ === 0 ? denied : undefined)
    peer.roles.set(roleArn, { externalId: 'the-right-one' })
    const topic = await createTopic(brokers)
    const machine = { AWS_ACCESS_KEY_ID: 'MACHINE', AWS_SECRET_ACCESS_KEY: 'planted-machine' }
    const { run, folder } = await workplace('', machine)
    const { code, stdout, stderr } = await run(
      ...['add', 'acme', '-c', 'new.json', '--brokers', brokers.join(','), '--type', 's3', '--topic', topic],
      ...['--bucket', 'bucket', '--endpoint', peer.endpoint, '--new-account', 'role', '--role-arn', roleArn],
      ...['--external-id', 'the-right-one', '--sts-endpoint', peer.endpoint, '--save', '--wait', '120s'],
    )
    expect(stderr).toContain(`acme: sts:AssumeRole on ${roleArn} is refused; what was made a moment ago`)
    expect([code, stdout + stderr]).toEqual([0, expect.not.stringContaining('planted')])
    expect(JSON.parse(await readFile(join(folder, 'new.json'), 'utf8'))).toMatchObject({
      kafka: { brokers },
      accounts: { role: { type: 'aws', roleArn, externalId: 'the-right-one', stsEndpoint: peer.endpoint } },
      connectors: { acme: { enabled: false, destination: { account: 'role', bucket: 'bucket' } } },
    })
  })

  /** Answers everything up to the access key. */
  async function upToTheKey(terminal: PseudoTerminal, { topic, bucket }: { topic: string; bucket: string }) {
    await terminal.answers('Where do the events go?', ENTER)
    await terminal.answers('Name of the connector', `Acme${ENTER}`)
    await terminal.answers('"Acme" is no connector name', `${ERASE}acme${ENTER}`)
    await terminal.answers('Description', `Everything${ENTER}`)
    await terminal.answers('Contact', ENTER)
    await terminal.answers('Kafka topics', `${topic}${ENTER}`)
    await terminal.answers('Event types', ENTER)
    await terminal.answers('Bucket', `${bucket}${ENTER}`)
    await terminal.answers('Address of', `${moto.endpoint}${ENTER}`)
    await terminal.answers('Region', ENTER)
    await terminal.answers('Folder inside', ENTER)
    await terminal.answers('Server-side encryption', ENTER)
    await terminal.answers('Whose credentials', ENTER)
  }

  it('guided in a terminal: wrong credentials are shown and corrected, secrets never; launched, it delivers', async () => {
    const at = await place()
    const terminal = new PseudoTerminal(['add', '--wait', '0s'], { cwd: at.folder, env: at.env })
    await upToTheKey(terminal, at)
    await terminal.answers('Name of the new account', ENTER)
    await terminal.answers('Access key id', `env:GOOD_ID${ENTER}`)
    await terminal.answers('Secret access key', `${PLANTED}${ENTER}`)
    await terminal.answers('Session token', ENTER)
    // To correct the credentials is what stands there.
    await terminal.answers('What now?', ENTER)
    expect(terminal.screen).toMatch(/failed +credentials +.*SignatureDoesNotMatch/)
    expect([await at.file(), await readdir(at.folder)]).toEqual([at.before, ['millrace.yaml']])
    await terminal.answers('Whose credentials', ENTER)
    await terminal.answers('Name of the new account', ENTER)
    await terminal.answers('Access key id', `${user.accessKeyId}${ENTER}`)
    await terminal.answers('Secret access key', `${user.secretAccessKey}${ENTER}`)
    await terminal.answers('Session token', ENTER)
    await terminal.answers('What shall become of it?', ENTER)
    expect([await terminal.exited, terminal.screen]).toEqual([0, expect.stringContaining('acme is added') as string])
    expect(terminal.screen).not.toContain('Warning')

    const [secrets, text] = [join(at.folder, 'secrets'), await at.file()]
    expect(text).toContain('    accessKeyId: file:secrets/acme/access-key-id\n    secretAccessKey: file:secrets/acme/')
    for (const secret of [PLANTED, user.secretAccessKey, user.accessKeyId]) {
      expect(text).not.toContain(secret)
      expect(terminal.screen).not.toContain(secret)
    }
    const key = join(secrets, 'acme/secret-access-key')
    expect(await readFile(key, 'utf8')).toBe(`${user.secretAccessKey}\n`)
    expect([await modeOf(key), await modeOf(join(secrets, 'acme'))]).toEqual(['600', '700'])
    expect((await at.run('run', '--once')).stderr).toContain('1 events delivered in 1 objects')
  })

  it('a terminal that does not know its width has lines', async () => {
    const at = await place()
    const terminal = new PseudoTerminal(['add'], { cwd: at.folder, env: at.env, columns: 0 })
    await terminal.answers('Where do the events go?', CTRL_C)
    expect(await terminal.exited).toBe(1)
  })

  it('Ctrl-C at a question, or while it looks: nothing is written, exit 1', async () => {
    const at = await place()
    const asked = new PseudoTerminal(['add'], { cwd: at.folder, env: at.env })
    await upToTheKey(asked, at)
    await asked.answers('Name of the new account', ENTER)
    await asked.answers('Access key id', `${PLANTED}${ENTER}`)
    await asked.answers('Secret access key', CTRL_C)
    expect(await asked.exited).toBe(1)
    expect(asked.screen).toContain('cancelled, nothing was written')
    expect(asked.screen).not.toContain(PLANTED)

    const silent = createServer()
    onTestFinished(() => void silent.close())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const said = [...options(at, 'env:GOOD_SECRET').map((word) => (word === moto.endpoint ? endpoint : word)), '--save']
    const given = ['--description', '', '--contact', '', '--event', '*', '--region', 'x', '--folder', 'f']
    const args = [...said, ...given, '--encryption', 'none', '--session-token', 'env:GOOD_SECRET']
    const looking = new PseudoTerminal(args, { cwd: at.folder, env: at.env })
    await looking.answers('Looking at it live', CTRL_C)
    expect(await looking.exited).toBe(1)
    expect(looking.screen).toContain('cancelled, nothing was written')
    expect([await at.file(), await readdir(at.folder)]).toEqual([at.before, ['millrace.yaml']])
  })

  it('a file that someone else changes meanwhile stays theirs; with --yes nothing is asked', async () => {
    const at = await place()
    const args = ['add', 'acme', '--type', 'folder', '--topic', at.topic, '--skip-test']
    const nothing = ['--description', '', '--contact', '', '--event', '*', '--path', './out', '--folder', 'f']
    const terminal = new PseudoTerminal([...args, ...nothing], { cwd: at.folder, env: at.env })
    await terminal.answers('What shall become of it?', '')
    await writeFile(join(at.folder, 'millrace.yaml'), `${at.before}# by yet another\n`)
    await terminal.answers('', ENTER)
    expect([await terminal.exited, terminal.screen]).toEqual([
      1,
      expect.stringContaining('was changed meanwhile') as string,
    ])
    expect(await at.file()).toBe(`${at.before}# by yet another\n`)
    const silent = new PseudoTerminal([...args, '--yes'], { cwd: at.folder, env: at.env })
    expect([await silent.exited, silent.screen]).toEqual([2, expect.stringContaining('missing: --path') as string])
  })
})

/** Ctrl-U: what stands to the left of the cursor goes. */
const ERASE = '\u0015'
