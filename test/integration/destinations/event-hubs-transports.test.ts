import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { EventHubsPeer, type HubOptions } from '../../support/event-hubs-peer.js'
import { selfSigned } from '../../support/self-signed.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const run = promisify(execFile)
const writer = new URL('../../support/event-hubs-writer.ts', import.meta.url).pathname

/** A process of its own: which authorities Node.js trusts is decided when it starts, and that it ends is a part of the test. */
async function writeFrom(peer: EventHubsPeer, transport: 'amqp' | 'websockets'): Promise<string> {
  const authority = join(await temporaryFolder(), 'ca.pem')
  await writeFile(authority, selfSigned.cert)
  const args = ['--import', import.meta.resolve('tsx'), writer, peer.connectionString(), 'engagement', transport]
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority, NODE_OPTIONS: '' }
  const { stdout } = await run(process.execPath, args, { env, timeout: 120_000 })
  return stdout.trim()
}

const transports: ['amqp' | 'websockets', string, HubOptions][] = [
  ['amqp', 'plain, as the emulator', {}],
  ['amqp', 'over TLS', { tls: selfSigned }],
  ['websockets', 'over TLS', { tls: selfSigned, webSockets: true }],
]

test.each(transports)(
  '%s, %s: the event arrives, the check is content, the process ends',
  async (transport, _how, options) => {
    const peer = await EventHubsPeer.start(options)
    try {
      expect(await writeFrom(peer, transport)).toBe('{"failures":[],"failed":[]}')
      expect(peer.eventsOf('engagement').flatMap((events) => events.map(({ body }) => body.toString()))).toEqual([
        'hello',
      ])
    } finally {
      await peer.stop()
    }
  },
)
