import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { AwsFaultPeer, type PeerFault } from '../../support/aws-fault-peer.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { rulePlace } from '../../support/rule-place.js'
import { S3FaultProxy } from '../../support/s3-fault-proxy.js'
import { idsOf, SentEvents } from '../../support/sent-events.js'

/** Of what fails from the start, and of what fails after the credentials: that has to be in time. */
const [PERIOD_MS, LATER_PERIOD_MS] = [3_000, 25_000]

/** More than the tolerance of 5 min, less than the 15 min that the server itself tolerates. */
const CLOCK_OFF_MS = 10 * 60_000

const answer = (status: number, code: string, headers: Record<string, string> = {}): PeerFault => {
  return { answer: { status, code, headers } }
}
const dateOff = () => ({ date: new Date(Date.now() + CLOCK_OFF_MS).toUTCString() })

/** What is wrong between a connector of this name and its bucket, and how the connector calls it; none of it is a credential. */
const TROUBLES: Record<string, { code?: string; fault?: () => PeerFault }> = {
  refused: { code: 'ECONNREFUSED' },
  // Nothing is known before the connection has been silent for 30 s.
  hanging: { fault: () => ({ silent: true }) },
  'slow-down': { code: 'SlowDown', fault: () => answer(503, 'SlowDown') },
  'bad-gateway': { code: 'HTTP_502', fault: () => ({ answer: { status: 502, body: '<html>bad gateway</html>' } }) },
  'no-bucket': { code: 'NoSuchBucket', fault: () => answer(404, 'NoSuchBucket') },
  'other-region': { code: 'PermanentRedirect', fault: () => answer(301, 'PermanentRedirect') },
  'wrong-region': { code: 'AuthorizationHeaderMalformed', fault: () => answer(400, 'AuthorizationHeaderMalformed') },
  'too-skewed': { code: 'RequestTimeTooSkewed', fault: () => answer(403, 'RequestTimeTooSkewed') },
  'wrong-clock': { code: 'SignatureDoesNotMatch', fault: () => answer(403, 'SignatureDoesNotMatch', dateOff()) },
}
const FROM_THE_START = Object.keys(TROUBLES)
const LATER = FROM_THE_START.map((name) => `${name}-later`)
const ALL = [...FROM_THE_START, ...LATER, 'no-name']

describeWithServers('an outage of three periods', ['kafka'], ({ kafka: { brokers } }) => {
  it('drops nothing, also when the credentials have failed before; all is delivered when it is over', async () => {
    const peer = await AwsFaultPeer.start({ keys: { KEY: { secret: 'secret' } }, buckets: ALL })
    const proxies = { refused: await S3FaultProxy.start(peer.endpoint), 'refused-later': await S3FaultProxy.start(peer.endpoint) } // prettier-ignore
    onTestFinished(async () => {
      await Promise.all([peer.stop(), ...Object.values(proxies).map((proxy) => proxy.close())])
    })
    const faults = new Map<string, () => PeerFault>()
    peer.fault = ({ bucket }) => faults.get(bucket)?.()
    const events = await SentEvents.create(brokers)
    const connectorOf = (name: string, endpoint: string) => {
      const periodMs = LATER.includes(name) ? LATER_PERIOD_MS : PERIOD_MS
      return {
        topics: [events.topic],
        destination: { type: 's3', account: 'keys', bucket: name, endpoint },
        ...{ files: { maxAge: '300ms' }, credentialFailure: { period: `${periodMs}ms` } },
      }
    }
    const endpointOf = (name: string) => (proxies as Record<string, S3FaultProxy>)[name]?.endpoint ?? peer.endpoint
    const connectors = Object.fromEntries(ALL.map((name) => [name, connectorOf(name, endpointOf(name))]))
    const place = await rulePlace(brokers, { connectors })
    // Nobody is killed, and no partition may move: who has nothing that waits looks at its credentials in another way.
    await place.configure({ kafka: { ...place.configuration.kafka, sessionTimeout: '45s' } })
    await place.writeKey({ accessKeyId: 'KEY', secretAccessKey: 'secret' })
    const delivered = (name: string) => idsOf(peer.objects, `${name}/`)
    const begin = async (trouble: string, name: string) => {
      const { fault } = TROUBLES[trouble]!
      if (fault) faults.set(name, fault)
      else await proxies[name as 'refused'].refuseConnections()
    }
    const end = async (name: string) => {
      faults.delete(name)
      if (name in proxies) await proxies[name as 'refused'].acceptConnections()
    }

    await events.send(4)
    expect((await place.run('run', '--once')).code).toBe(0)
    await place.configure({
      connectors: { ...connectors, 'no-name': connectorOf('no-name', 'https://millrace-test.invalid') },
    })
    const millrace = place.start('run')
    for (const name of ALL) await millrace.says(`"connector":"${name}","state":"running"`)
    for (const name of FROM_THE_START) await begin(name, name)
    for (const name of LATER) faults.set(name, () => answer(403, 'InvalidAccessKeyId'))
    await events.send(4)
    const says = async (name: string, what: string) => {
      const line = new RegExp(`"connector":"${name}",${what}`)
      await millrace.says(line)
    }
    const failThenBreak = async (name: string) => {
      await says(name, '"step":"confirmed"')
      await begin(name.replace('-later', ''), name)
    }
    // In time, whatever the others do: a name that does not exist may be looked up for ten seconds.
    const broken = Promise.all(LATER.map(failThenBreak))
    for (const name of FROM_THE_START) {
      const { code } = TROUBLES[name]!
      if (code) await says(name, `"state":"(blocked|retrying)","code":"${code}"`)
    }
    await says('no-name', '"state":"retrying","code":"(ENOTFOUND|EAI_AGAIN)"')
    const beganMs = Date.now()
    await broken
    const laterBeganMs = Date.now()

    await sleep(beganMs + 3 * PERIOD_MS + 500 - Date.now())
    for (const name of FROM_THE_START) await end(name)
    await events.send(4)
    await sleep(laterBeganMs + 1.5 * LATER_PERIOD_MS - Date.now())
    expect(await place.dropRecords()).toBe(0)
    for (const name of LATER) {
      const [committed] = await place.committed(name)
      expect(committed!.marks.failing, name).toBeDefined()
      expect(delivered(name), name).toEqual(events.ids.slice(0, 4))
      await end(name)
    }
    for (const name of [...FROM_THE_START, ...LATER]) {
      await eventually(() => expect(delivered(name), name).toEqual(events.ids) ?? true)
    }
    // Of twenty connectors nothing but log lines.
    expect(millrace.stderr).not.toContain('Warning')
    expect(millrace.stderr).not.toMatch(/"state":"dropping"|"step":"dropping"/)
    for (const name of FROM_THE_START) expect(millrace.stderr).not.toContain(`"${name}","state":"credentials-failing"`)
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)

    await place.configure({ connectors })
    expect((await place.run('run', '--once')).code).toBe(0)
    expect(delivered('no-name')).toEqual(events.ids)
    expect(await place.dropRecords()).toBe(0)
  })
})
