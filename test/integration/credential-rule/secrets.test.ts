import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { Moto } from '../../support/moto.js'
import { newCustomer, rulePlace } from '../../support/rule-place.js'
import { SentEvents } from '../../support/sent-events.js'

const FOLDERS = ['one', 'two', 'three']

/** "Within seconds": secrets are looked at every second. Without a look nothing would be probed before 30 s. */
const SECONDS = { timeoutMs: 20_000 }

describeWithServers('one account, three connectors', ['kafka', 'moto'], (servers) => {
  const { brokers } = servers.kafka
  const moto = Moto.at(servers.moto)

  it('a wrong secret fails all of them, the right one heals all within seconds and without a restart', async () => {
    const { user, destination, delivered } = await newCustomer(moto)
    const events = await SentEvents.create(brokers)
    // The usual period: not before 30 s would they be probed, unless the change of the secret is seen.
    const connectors = Object.fromEntries(
      FOLDERS.map((folder) => {
        return [folder, { topics: [events.topic], destination: destination(folder), files: { maxAge: '300ms' } }]
      }),
    )
    const place = await rulePlace(brokers, { connectors })
    const secretFile = join(place.folder, 'key-secret')
    const inPlace = (secret: string) => writeFile(secretFile, `${secret}\n`)
    const byRename = async (secret: string) => {
      await writeFile(`${secretFile}.new`, `${secret}\n`)
      await rename(`${secretFile}.new`, secretFile)
    }
    await place.writeKey(user)
    const millrace = place.start('run')
    const isDelivered = async () => {
      for (const folder of FOLDERS) expect(await delivered(folder)).toEqual(events.ids)
      return true
    }
    await events.send(6)
    await eventually(isDelivered)

    for (const replace of [byRename, inPlace]) {
      const before = events.ids
      const said = millrace.stderr.length
      await replace('planted-wrong')
      await events.send(6)
      for (const name of FOLDERS) {
        const line = `"connector":"${name}","state":"credentials-failing","code":"SignatureDoesNotMatch"`
        await eventually(() => millrace.stderr.slice(said).includes(line), { because: `${name} never failed` })
      }
      for (const folder of FOLDERS) expect(await delivered(folder)).toEqual(before)
      await replace(user.secretAccessKey)
      await eventually(isDelivered, SECONDS)
    }
    expect(millrace.stderr).not.toContain('planted')
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
    expect(await place.dropRecords()).toBe(0)
  })

  it('an emptied secret file is a line of the log, and the secret as it was before stays in use', async () => {
    const { user, destination, delivered } = await newCustomer(moto)
    const events = await SentEvents.create(brokers)
    const connector = { topics: [events.topic], destination: destination('one'), files: { maxAge: '300ms' } }
    const place = await rulePlace(brokers, { connectors: { one: connector } })
    await place.writeKey(user)
    const millrace = place.start('run')
    const isDelivered = async () => expect(await delivered('one')).toEqual(events.ids) ?? true
    await events.send(6)
    await eventually(isDelivered)
    const secretFile = join(place.folder, 'key-secret')
    await writeFile(secretFile, '\n')
    await events.send(6)
    await eventually(isDelivered)
    await millrace.says(`"path":"${secretFile}","reason":"is empty"`)
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
    const lines = millrace.stderr.trimEnd().split('\n')
    expect(lines.filter((line) => !line.startsWith('{"level":'))).toEqual([])
  })
})
