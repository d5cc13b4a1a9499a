/**
 * Writes the built-in catalogue: `schemas/<event type>/1.avsc` for every type of `catalogue/event-types.json`.
 * Run it after editing that file: `node scripts/make-schemas.mjs`. Later versions of a type are written by hand.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'

const SOURCE = new URL('../catalogue/event-types.json', import.meta.url)
const TARGET = new URL('../schemas/', import.meta.url)

/** `string[]?` → ["null", {"type": "array", "items": "string"}]: the notation of the source file. */
function avroType(notation) {
  if (notation.endsWith('?')) return ['null', avroType(notation.slice(0, -1))]
  if (notation.endsWith('[]')) return { type: 'array', items: avroType(notation.slice(0, -2)) }
  return notation
}

function avroField([name, notation]) {
  const field = { name, type: avroType(notation) }
  return notation.endsWith('?') ? { ...field, default: null } : field
}

function avroRecord({ record, fields }) {
  const dot = record.lastIndexOf('.')
  const name = { type: 'record', name: record.slice(dot + 1), namespace: record.slice(0, dot) }
  return { ...name, fields: Object.entries(fields).map(avroField) }
}

/** One line per field, so that a difference between two versions reads like the change it is. */
function prettyJson({ fields, ...head }) {
  const lines = fields.map((field) => `    ${JSON.stringify(field)}`)
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "fields": [\n${lines.join(',\n')}\n  ]\n}\n`
}

for (const [eventType, description] of Object.entries(JSON.parse(await readFile(SOURCE, 'utf8')))) {
  const folder = new URL(`${eventType}/`, TARGET)
  await mkdir(folder, { recursive: true })
  await writeFile(new URL('1.avsc', folder), prettyJson(avroRecord(description)))
}
