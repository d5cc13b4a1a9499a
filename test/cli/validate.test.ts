import { describe, expect, it } from 'vitest'
import { validate } from '../../src/cli/validate.js'
import { configurationFile, ENV, soundBut } from '../config/configuration-files.js'
import { catalogueOf } from '../config/in-memory-catalogue.js'

const CATALOGUE = catalogueOf({ 'users.Open': [{ id: 'string', user_id: 'string' }] })
const OPTIONS = {
  env: ENV,
  loadCatalogue: () => Promise.resolve({ catalogue: CATALOGUE }),
  keyProblem: () => undefined,
}
const WRONG = { 'kafka.broker': 'x', 'connectors.a.from': 'now' }

describe('millrace validate', () => {
  it('says what a sound configuration holds', async () => {
    const path = await configurationFile(soundBut({}))
    expect(await validate(path, { ...OPTIONS, json: false })).toEqual({
      exitCode: 0,
      output: [`${path} is valid: 2 connectors, 1 event type`],
    })
  })

  it('tells every mistake, one per line, and exits 2', async () => {
    const path = await configurationFile(soundBut(WRONG))
    expect(await validate(path, { ...OPTIONS, json: false })).toEqual({
      exitCode: 2,
      output: [
        'kafka.broker: unknown key: did you mean "brokers"?',
        'connectors.a.from: "now" is no starting point: write beginning, end or an instant like 2026-11-01T00:00:00Z',
        `${path}: 2 problems`,
      ],
    })
  })

  it('a missing file', async () => {
    expect(await validate('none.yaml', { ...OPTIONS, json: false })).toEqual({
      exitCode: 2,
      output: ['none.yaml: does not exist: name the file with --config', 'none.yaml: 1 problem'],
    })
  })

  it('--json prints one document', async () => {
    const sound = await configurationFile(soundBut({ 'connectors.b.enabled': false }))
    const good = await validate(sound, { ...OPTIONS, json: true })
    expect(good.exitCode).toBe(0)
    expect(JSON.parse(good.output.join('\n'))).toEqual({
      config: sound,
      valid: true,
      problems: [],
      connectors: [
        { name: 'a', enabled: true, topics: ['events'], destination: 's3' },
        { name: 'b', enabled: false, topics: ['events'], destination: 'folder' },
      ],
    })

    const wrong = await configurationFile(soundBut(WRONG))
    const bad = await validate(wrong, { ...OPTIONS, json: true })
    expect(bad.exitCode).toBe(2)
    expect(JSON.parse(bad.output.join('\n'))).toEqual({
      config: wrong,
      valid: false,
      problems: [
        { path: 'kafka.broker', message: 'unknown key', hint: 'did you mean "brokers"?' },
        {
          path: 'connectors.a.from',
          message: '"now" is no starting point',
          hint: 'write beginning, end or an instant like 2026-11-01T00:00:00Z',
        },
      ],
      connectors: [],
    })
  })
})
