import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { schemaFingerprint } from '../../../src/events/schema-fingerprint.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { sampleObject } from '../../support/encoded-objects.js'
import { runPython } from '../../support/python.js'
import { seededRandom } from '../../support/seeded-random.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { builtInCatalogue } from '../../support/transcoding.js'

/** Prints, for every file of the folder, its header and all its events as one JSON document. */
const SCRIPT = `
import fastavro, json, os, sys
folder = sys.argv[1]
read = {}
for name in sorted(os.listdir(folder)):
    with open(os.path.join(folder, name), 'rb') as file:
        reader = fastavro.reader(file)
        events = list(reader)
        read[name] = { 'codec': reader.codec, 'partition': reader.metadata['millrace.partition'], 'events': events }
print(json.dumps(read))
`

describeWithServers('objects, read by fastavro', ['python'], () => {
  it.each(['null', 'deflate'] as const)('all 94 types have the values that were produced, codec %s', async (codec) => {
    const catalogue = await builtInCatalogue()
    const random = seededRandom(94)
    const folder = await temporaryFolder()
    const expected: Record<string, unknown> = {}
    for (const eventType of catalogue.names()) {
      // Some have many blocks, most have few events.
      const events = eventType.endsWith('.Open') ? 3000 : 5
      const object = await sampleObject(catalogue, eventType, { codec, events, random })
      await writeFile(join(folder, eventType), object.bytes)
      expected[eventType] = { codec, partition: '3', events: object.expected }
    }
    expect(JSON.parse(await runPython(SCRIPT, [folder]))).toEqual(expected)
  })
})

/** Prints the CRC-64-AVRO of every schema of a JSON list. */
const FINGERPRINTS = `
import json, sys
from fastavro.schema import fingerprint, to_parsing_canonical_form
schemas = json.load(open(sys.argv[1]))
print(json.dumps([fingerprint(to_parsing_canonical_form(schema), 'CRC-64-AVRO') for schema in schemas]))
`

describeWithServers('fingerprints, computed by fastavro', ['python'], () => {
  it('are the same for all 94 types', async () => {
    const catalogue = await builtInCatalogue()
    const schemas = catalogue.names().map((name) => JSON.parse(catalogue.get(name)!.current.json) as unknown)
    const file = join(await temporaryFolder(), 'schemas.json')
    await writeFile(file, JSON.stringify(schemas))
    const ours = schemas.map((schema) => schemaFingerprint(schema).toString('hex'))
    expect(JSON.parse(await runPython(FINGERPRINTS, [file]))).toEqual(ours)
  })
})
