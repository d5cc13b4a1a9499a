import { Document, isCollection, isScalar, type YAMLMap } from 'yaml'

/** An entry between braces, as its lines; `unit`: what a level is indented by. */
export interface FlowEntry {
  lines: string[]
  /** Empty where everything stands on one line. */
  unit: string
}

/** `{ a: 1 }` as `"a": 1`. */
export function jsonEntry(entry: object, unit: string): FlowEntry {
  const text = JSON.stringify(entry, null, unit)
  if (unit === '') return { lines: [text.slice(1, -1)], unit }
  const lines = text.split('\n').slice(1, -1)
  return { lines: lines.map((line) => line.slice(unit.length)), unit }
}

/** `{ a: 1 }` as `a: 1`. */
export function flowEntry(entry: object): FlowEntry {
  const document = new Document(entry)
  if (isCollection(document.contents)) document.contents.flow = true
  const text = document.toString({ lineWidth: 0 }).trim()
  return { lines: [text.slice(1, -1).trim()], unit: '' }
}

/** Puts an entry behind the last one in the braces of `map`: on lines of its own where the others stand so. */
export function withFlowEntry(text: string, map: YAMLMap<unknown, unknown>, { lines, unit }: FlowEntry): string {
  const [start = 0, end = 0] = map.range ?? []
  const last = map.items.at(-1)
  if (!last) return withFirst(text, { start, end, lines, unit })
  const node = isScalar(last.value) || isCollection(last.value) ? last.value : last.key
  const lastEnd = isScalar(node) || isCollection(node) ? (node.range?.[1] ?? end) : end
  const indentation = /\n([ \t]*)\S[^\n]*$/.exec(text.slice(start, lastEndOfKey(last.key, lastEnd)))?.[1]
  if (indentation === undefined) return `${text.slice(0, lastEnd)}, ${lines.join(' ')}${text.slice(lastEnd)}`
  // A comment behind the last entry stays with it.
  const tail = /^[ \t]*(,?)[ \t]*(#[^\n]*)?/.exec(text.slice(lastEnd, end - 1))
  const at = lastEnd + (tail?.[0].trimEnd().length ?? 0)
  const comma = tail?.[1] === ',' ? '' : ','
  const added = lines.map((line) => `\n${indentation}${line}`).join('')
  return `${text.slice(0, lastEnd)}${comma}${text.slice(lastEnd, at)}${added}${text.slice(at)}`
}

interface EmptyMap extends FlowEntry {
  start: number
  end: number
}

function withFirst(text: string, { start, end, lines, unit }: EmptyMap): string {
  if (unit === '') return `${text.slice(0, start)}{${lines.join('')}}${text.slice(end)}`
  const outer = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', start) + 1))?.[0] ?? ''
  const inner = lines.map((line) => `${outer}${unit}${line}\n`).join('')
  return `${text.slice(0, start)}{\n${inner}${outer}}${text.slice(end)}`
}

/** The line of the key says how the entries are indented; its value may span more lines. */
function lastEndOfKey(key: unknown, otherwise: number): number {
  return isScalar(key) ? (key.range?.[1] ?? otherwise) : otherwise
}
