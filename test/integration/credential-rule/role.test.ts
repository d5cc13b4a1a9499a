import { expect, it, onTestFinished } from 'vitest'
import { AwsFaultPeer } from '../../support/aws-fault-peer.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { rulePlace } from '../../support/rule-place.js'
import { idsOf, SentEvents } from '../../support/sent-events.js'

const ROLE = 'arn:aws:iam::123456789012:role/currents'
/** A session is renewed after 10 s at the soonest: what is signed with it then has 20 s to arrive, on any machine. */
const SESSION_MS = 30_000
const PERIOD_MS = 4_000

describeWithServers('the role of an account', ['kafka'], ({ kafka: { brokers } }) => {
  it('sessions end and are renewed; a role that is denied starts the clock, one that is given back heals', async () => {
    const role = { externalId: 'the-right-one', livesMs: SESSION_MS }
    const peer = await AwsFaultPeer.start({
      ...{ keys: { MACHINE: { secret: 'planted-secret' } }, buckets: ['acme'], roles: { [ROLE]: role } },
    })
    onTestFinished(() => peer.stop())
    const events = await SentEvents.create(brokers)
    const acme = { type: 'aws', roleArn: ROLE, externalId: 'the-right-one', stsEndpoint: peer.endpoint }
    const destination = { type: 's3', account: 'acme', bucket: 'acme', endpoint: peer.endpoint }
    const rule = { files: { maxAge: '200ms' }, credentialFailure: { period: `${PERIOD_MS}ms` } }
    const place = await rulePlace(
      brokers,
      { accounts: { acme }, connectors: { acme: { topics: [events.topic], destination, ...rule } } },
      { AWS_ACCESS_KEY_ID: 'MACHINE', AWS_SECRET_ACCESS_KEY: 'planted-secret', AWS_REGION: 'us-east-1' },
    )
    const delivered = () => idsOf(peer.objects, 'acme/')
    const isDelivered = () => eventually(() => expect(delivered()).toEqual(events.ids) ?? true)
    const sessions = () => peer.requests.filter(({ bucket }) => bucket === '').length
    const millrace = place.start('run')

    await events.send(2)
    await isDelivered()
    // By then the first session has ended.
    const untilMs = Date.now() + SESSION_MS
    await eventually(
      async () => {
        const isOver = Date.now() > untilMs
        await events.send(2)
        await isDelivered()
        return isOver
      },
      { intervalMs: 500 },
    )
    expect(sessions()).toBeGreaterThanOrEqual(2)
    expect(millrace.stderr).not.toContain('credentials-failing')

    // Taken back by hand: the next request is refused, unless its session has just been renewed; then comes a new one.
    await eventually(
      async () => {
        for (const [id, key] of peer.keys) if (key.sessionToken) peer.keys.set(id, { ...key, endsMs: 0 })
        await events.send(2)
        await isDelivered()
        return millrace.stderr.includes('"code":"ExpiredToken"')
      },
      { intervalMs: 500 },
    )

    peer.roles.delete(ROLE)
    const deliveredBefore = await eventually(
      async () => {
        const before = events.ids
        await events.send(2)
        return /"state":"credentials-failing","code":"AssumeRole.AccessDenied"/.test(millrace.stderr) && before
      },
      { intervalMs: 500 },
    )
    const drops = await eventually(
      async () => {
        const [committed] = await place.committed('acme')
        const found = committed!.offset === events.sent.length && (await place.drops())
        return found && found.length > 0 && found
      },
      { intervalMs: 300 },
    )
    expect(drops.map(({ errorCode }) => errorCode)).toEqual(drops.map(() => 'AssumeRole.AccessDenied'))
    const dropped = drops.flatMap((drop) => events.between(0, drop.firstOffset, drop.lastOffset))
    expect([...delivered(), ...dropped.map(({ id }) => id)].sort()).toEqual(events.ids)
    expect(delivered()).toEqual(expect.arrayContaining(deliveredBefore.slice(0, 4)))

    peer.roles.set(ROLE, role)
    const first = events.sent.length
    // What comes before the next probe may still be given up.
    await eventually(
      async () => {
        await events.send(2)
        const ids = delivered()
        return events.sent.slice(first).some(({ id }) => ids.includes(id))
      },
      { intervalMs: 500 },
    )
    expect((await place.run('replay', '--all')).code).toBe(0)
    await isDelivered()
    expect(millrace.stderr).not.toContain('planted')
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
  })
})
