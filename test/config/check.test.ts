import { describe, expect, it } from 'vitest'
import { checkConfiguration } from '../../src/config/check.js'
import { formatProblems } from '../../src/config/problem.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { configurationFile, ENV, soundBut } from './configuration-files.js'
import { catalogueOf } from './in-memory-catalogue.js'

const CATALOGUE = catalogueOf({ 'users.Open': [{ id: 'string', user_id: 'string' }] })

async function check(changes: Record<string, unknown>, loadCatalogue = () => CATALOGUE) {
  const checked = await checkConfiguration(await configurationFile(soundBut(changes)), { env: ENV, loadCatalogue })
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
    const loadCatalogue = () => {
      throw new MillraceError('SCHEMA', 'schemas/a.avsc is no JSON')
    }
    expect(await check({ 'service.schemas': 'schemas', 'kafka.brokers': 'a' }, loadCatalogue)).toEqual([
      'kafka.brokers[0]: "a" is no broker address: write a:9092',
      'service.schemas: schemas/a.avsc is no JSON: mend the schema, or remove it from the folder',
    ])
  })

  it('says nothing of event types while the folder of schemas is not known', async () => {
    expect(await check({ 'service.schemas': 7, 'connectors.a.events': { include: ['acme.Own'] } })).toEqual([
      'service.schemas: 7 is no text: put it in quotes: "7"',
    ])
  })

  it('does not hide a bug', async () => {
    const loadCatalogue = () => {
      throw new TypeError('a bug')
    }
    await expect(check({}, loadCatalogue)).rejects.toThrow(TypeError)
  })
})
