import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createCertificateAuthority } from '../../../scripts/servers/certificates.js'
import { startKafka } from '../../../scripts/servers/local-kafka.js'
import { deliveredIds } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, produce } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'

const event = (id: string) =>
  JSON.stringify({ event_type: 'users.messages.webhook.Send', id, user_id: 'u', time: 1_790_000_000 })

describeWithServers('a secured cluster, from the configuration file', ['java'], () => {
  it('TLS and SCRAM with secrets in files; unreachable at first, and restarted while it runs', async () => {
    const authority = await createCertificateAuthority()
    const kafka = await startKafka({
      security: {
        tls: await authority.issue('broker'),
        sasl: { mechanism: 'SCRAM-SHA-512', users: [{ name: 'forwarder', password: 'right' }] },
      },
    })
    onTestFinished(() => kafka.stop())
    const topic = await createTopic(kafka.brokers)
    await produce(kafka.brokers, topic, [{ value: event('a') }])
    const place = await workplace({
      kafka: {
        brokers: kafka.secureBrokers,
        ssl: { ca: 'file:ca.pem' },
        sasl: { mechanism: 'scram-sha-512', username: 'file:user', password: 'file:password' },
      },
      service: { http: false, log: { format: 'json' } },
      connectors: {
        local: { topics: [topic], destination: { type: 'folder', path: './out' }, files: { maxAge: '1s' } },
      },
    })
    await writeFile(join(place.folder, 'ca.pem'), authority.certificate)
    await writeFile(join(place.folder, 'user'), 'forwarder\n')
    await writeFile(join(place.folder, 'password'), 'wrong\n')
    await kafka.kill()
    const millrace = place.start('run')
    await millrace.says('KAFKA_UNREACHABLE')
    await kafka.restart()
    await millrace.says('KAFKA_AUTHENTICATION')
    await writeFile(join(place.folder, 'password'), 'right\n')
    const out = join(place.folder, 'out')
    await eventually(async () => (await deliveredIds(out)).length === 1)
    await kafka.kill()
    await kafka.restart()
    await produce(kafka.brokers, topic, [{ value: event('b') }])
    await eventually(async () => (await deliveredIds(out)).length === 2)
    expect(await deliveredIds(out)).toEqual(['a', 'b'])
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
    expect(millrace.stderr).not.toMatch(/wrong|right/)
  })
})
