import { expect, it } from 'vitest'
import { PLACEHOLDER_TEXT, placeholderEvent } from '../../src/events/placeholder-event.js'
import { recordView } from '../support/record-view.js'
import { builtInCatalogue, catalogueOfFields, decoded, THING, transcoderOf } from '../support/transcoding.js'

const marks = { id: 'millrace-test-1', timeSeconds: 1_790_000_000 }

it('fills every field of every built-in type with a value of its type, also for connectors without anonymous users', async () => {
  const catalogue = await builtInCatalogue()
  const events = { include: ['*'], exclude: [], anonymousUsers: 'exclude' as const }
  const transcoder = transcoderOf(catalogue, { events })
  for (const name of catalogue.names()) {
    const event = placeholderEvent(catalogue.get(name)!.current, marks)
    const read = decoded(transcoder.transcode(recordView(JSON.stringify(event)), null))
    expect(read).toMatchObject({ id: marks.id, time: marks.timeSeconds })
    const values = Object.values(read)
    expect(values).not.toContain(null)
    const strings = values.filter((value) => typeof value === 'string' && value !== marks.id)
    expect([...new Set(strings)]).toEqual(strings.length > 0 ? [PLACEHOLDER_TEXT] : [])
  }
  expect(catalogue.names()).toHaveLength(94)
})

it("fills fields of users' own types, too, and ends where a record holds itself", () => {
  const node = { type: 'record', name: 'Node', fields: [{ name: 'text', type: 'string' }, NEXT, CHILDREN, BY_NAME] }
  const catalogue = catalogueOfFields([
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } },
    { name: 'digest', type: { type: 'fixed', name: 'Digest', size: 24 } },
    { name: 'code', type: { type: 'fixed', name: 'Code', size: 3 } },
    { name: 'raw', type: 'bytes' },
    { name: 'tags', type: { type: 'map', values: 'double' } },
    { name: 'either', type: ['null', 'int', 'string'] },
    { name: 'uuid', type: { type: 'string', logicalType: 'uuid' } },
    { name: 'tree', type: node },
  ])
  const event = placeholderEvent(catalogue.get(THING)!.current, marks)
  expect(decoded(transcoderOf(catalogue).transcode(recordView(JSON.stringify(event)), null))).toEqual({
    id: 'millrace-test-1',
    time: 1_790_000_000,
    kind: 'A',
    digest: Buffer.from('millrace test event     '),
    code: Buffer.from('mil'),
    raw: Buffer.from(PLACEHOLDER_TEXT),
    tags: { [PLACEHOLDER_TEXT]: 1.5 },
    either: 1,
    uuid: '00000000-0000-0000-0000-000000000000',
    tree: { text: PLACEHOLDER_TEXT, next: null, children: [], by_name: {} },
  })
})

const NEXT = { name: 'next', type: ['null', 'Node'] }
const CHILDREN = { name: 'children', type: { type: 'array', items: 'Node' } }
const BY_NAME = { name: 'by_name', type: { type: 'map', values: 'Node' } }
