import { describe, expect, it } from 'vitest'
import { mistakes, soundBut } from './configuration-files.js'

const S3 = { type: 's3', account: 'keys', bucket: 'acme-currents', region: 'eu-west-1' }
const FOLDER = { type: 'folder', path: 'out' }

/** The mistakes of a configuration with these two destinations. */
function together(one: Record<string, unknown>, two: Record<string, unknown>): Promise<string[]> {
  const connector = (destination: unknown) => ({ topics: ['t'], destination })
  return mistakes(soundBut({ connectors: { one: connector(one), two: connector(two) } }))
}

const SAME = (folder: string) => [
  `connectors.two.destination.folder: connector one writes to "${folder}" as well: write a folder of its own`,
]

const NESTED = (folder: string, other: string) => [
  `connectors.two.destination.folder: "${folder}" and "${other}" of connector one lie inside each other: write a folder of its own`,
]

describe('fault 60: two connectors never share a place', () => {
  it('same bucket and folder', async () => {
    expect(await together(S3, S3)).toEqual(SAME('currents'))
    expect(await together(S3, { ...S3, folder: 'currents' })).toEqual(SAME('currents'))
    expect(await together(S3, { ...S3, region: 'us-east-1' })).toEqual(SAME('currents'))
  })

  it('same path and folder, however the path is written', async () => {
    expect(await together(FOLDER, { ...FOLDER, path: './x/../out/' })).toEqual(SAME('currents'))
  })

  it('also when one is not launched', async () => {
    const off = { topics: ['t'], enabled: false, destination: FOLDER }
    expect(await mistakes(soundBut({ 'connectors.b': off, 'connectors.c': off }))).toEqual([
      'connectors.c.destination.folder: connector b writes to "currents" as well: write a folder of its own',
    ])
  })

  it.each([
    [{ folder: 'a' }, { folder: 'a/b' }],
    [{ folder: 'a/b' }, { folder: 'a' }],
    [{ folder: 'a/%YYYY%' }, { folder: 'a/2026/b' }],
    [{ folder: 'a/x-%EVENT_TYPE%' }, { folder: 'a/%EVENT_FAMILY%' }],
  ])('one folder inside the other: %j %j', async (one, two) => {
    expect(await together({ ...S3, ...one }, { ...S3, ...two })).toEqual(NESTED(two.folder, one.folder))
  })

  it('a folder reached through the path of the other', async () => {
    const lines = await together({ ...FOLDER, path: 'out', folder: 'a/b' }, { ...FOLDER, path: 'out/a', folder: 'b' })
    expect(lines).toEqual(SAME('b'))
  })

  it('the same store under two names', async () => {
    const local = { ...S3, endpoint: 'http://localhost:9000' }
    expect(await together(local, { ...S3, endpoint: 'http://127.0.0.1:9000/' })).toEqual(SAME('currents'))
    expect(await together(S3, { ...S3, endpoint: 'https://s3.eu-west-1.amazonaws.com' })).toEqual(SAME('currents'))
  })

  it.each<[Record<string, unknown>, Record<string, unknown>]>([
    [S3, { ...S3, folder: 'currents2' }],
    [S3, { ...S3, folder: 'Currents' }],
    [S3, { ...S3, bucket: 'acme-other' }],
    [S3, FOLDER],
    [
      { ...S3, endpoint: 'http://127.0.0.1:9000' },
      { ...S3, endpoint: 'http://127.0.0.1:9001' },
    ],
    [
      { ...S3, folder: '%CONNECTOR%' },
      { ...S3, folder: '%CONNECTOR%' },
    ],
    [
      { ...S3, folder: 'x-%YYYY%' },
      { ...S3, folder: 'y-%YYYY%' },
    ],
    [
      { ...S3, folder: '%YYYY%-x' },
      { ...S3, folder: '%YYYY%-y' },
    ],
    [FOLDER, { ...FOLDER, path: 'out2' }],
  ])('%j beside %j is fine', async (one, two) => expect(await together(one, two)).toEqual([]))
})
