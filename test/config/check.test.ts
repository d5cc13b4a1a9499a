import { describe, expect, it } from 'vitest'
import { checkConfiguration, type CheckParts } from '../../src/config/check.js'
import { formatProblems } from '../../src/config/problem.js'
import { configurationFile, ENV, soundBut } from './configuration-files.js'
import { catalogueOf } from './in-memory-catalogue.js'

const CATALOGUE = catalogueOf({ 'users.Open': [{ id: 'string', user_id: 'string' }] })

/** As `encoding` does it: a folder is long when its name says so. */
const keyProblem: CheckParts['keyProblem'] = (folder, place) =>
  folder === 'long' ? `${JSON.stringify(place)} is too long: shorten the folder` : undefined

async function check(
  changes: Record<string, unknown>,
  loadCatalogue: CheckParts['loadCatalogue'] = () => Promise.resolve({ catalogue: CATALOGUE }),
) {
  const checked = await checkConfiguration(await configurationFile(soundBut(changes)), {
    env: ENV,
    loadCatalogue,
    keyProblem,
  })
  return 'problems' in checked ? formatProblems(checked.problems) : checked
}

describe('checkConfiguration', () => {
  it('gives configuration and catalogue', async () => {
    const checked = await check({})
    expect(checked).toMatchObject({ configuration: { connectors: [{ name: 'a' }, { name: 'b' }] } })
    expect((checked as { catalogue: unknown }).catalogue).toBe(CATALOGUE)
  })

  it('tells what is wrong in the file and against the catalogue at once', async () => {
    expect(await check({ 'kafka.clientid': 'x', 'connectors.a.events': { include: ['users.Close'] } })).toEqual([
      'kafka.clientid: unknown key: did you mean "clientId"?',
      'connectors.a.events.include[0]: no event type matches "users.Close": see the event types with: millrace schemas list',
    ])
  })

  it('tells what is wrong with the schemas', async () => {
    const problems = [{ path: '/acme/a.avsc', message: 'this is no JSON' }]
    const loadCatalogue = (folders: readonly string[]) =>
      Promise.resolve({ problems: folders.length === 1 ? problems : [] })
    expect(await check({ 'service.schemas': '/acme', 'kafka.brokers': 'a' }, loadCatalogue)).toEqual([
      'kafka.brokers[0]: "a" is no broker address: write a:9092',
      '/acme/a.avsc: this is no JSON: mend it, or take it out of service.schemas',
    ])
  })

  it('says nothing of event types while the folder of schemas is not known', async () => {
    expect(await check({ 'service.schemas': 7, 'connectors.a.events': { include: ['acme.Own'] } })).toEqual([
      'service.schemas: 7 is no text: put it in quotes: "7"',
    ])
  })

  it('tells a folder that makes too long keys', async () => {
    expect(await check({ 'connectors.b.destination.folder': 'long', 'service.zone': 'z' })).toEqual([
      'connectors.b.destination.folder: {"connector":"b","cluster":"local","zone":"z","topics":["events"],"eventTypes":["users.Open"]} is too long: shorten the folder',
    ])
  })
})
