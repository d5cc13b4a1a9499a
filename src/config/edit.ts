import { isDeepStrictEqual } from 'node:util'
import { Document, isAlias, isMap, isScalar, isSeq, parseDocument, visit, type Pair, type YAMLMap } from 'yaml'
import { MillraceError } from '../runtime/errors.js'
import { flowEntry, jsonEntry, withFlowEntry } from './edit-flow.js'
import { isObject } from './schema-tree.js'

/** A member that a configuration is going to have: `name` in the block `section`, which is made where it is missing. */
export interface Addition {
  section: 'kafka' | 'accounts' | 'connectors'
  name: string
  value: object
}

/**
 * The text of a configuration file, YAML or JSON, with the additions in it. Every character that was there stays: the new
 * lines are put in between, in the style of their neighbours. Throws `CONFIGURATION` where that cannot be done.
 */
export function withAdditions(text: string, additions: readonly Addition[]): string {
  return additions.reduce(withAddition, text)
}

function withAddition(text: string, { section, name, value }: Addition): string {
  const before = valueOf(text) ?? {}
  const edited = asWritten(insert(text, section, { [name]: value }), text)
  const members = isObject(before) ? before[section] : undefined
  const expected = { ...(isObject(before) && before), [section]: { ...(isObject(members) && members), [name]: value } }
  // What a file can look like is endless; what it says afterwards is certain.
  if (isDeepStrictEqual(valueOf(edited), expected)) return edited
  const lines = new Document({ [section]: { [name]: value } }).toString().trimEnd()
  throw new MillraceError(
    'CONFIGURATION',
    `${section} is written in a way that cannot be added to: add it by hand:\n${lines}`,
  )
}

function valueOf(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true })
  return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 })
}

/** Windows' ends of lines, where the file has them. */
function asWritten(edited: string, before: string): string {
  return before.includes('\r\n') ? edited.replace(/\r?\n/g, '\r\n') : edited
}

type Block = YAMLMap<unknown, unknown>

function insert(text: string, section: string, entry: object): string {
  const root = parseDocument(text, { stringKeys: true }).contents
  if (!isMap(root)) return appended(text, { [section]: entry })
  const pair = root.items.find(({ key }) => isScalar(key) && key.value === section)
  if (root.flow) {
    const json = (member: object) => jsonEntry(member, unitOf(text, root))
    return isMap(pair?.value)
      ? withFlowEntry(text, pair.value, json(entry))
      : withFlowEntry(text, root, json({ [section]: entry }))
  }
  if (!pair) return appended(text, { [section]: entry }, stepOf(text, root))
  return inSection(text, { root, pair, entry })
}

interface Place {
  root: Block
  pair: Pair
  entry: object
}

function inSection(text: string, { root, pair, entry }: Place): string {
  const { value } = pair
  const step = stepOf(text, root)
  if (!isMap(value)) return withLines(text, endOf(pair), blockLines(entry, step, step))
  if (value.flow && value.items.length > 0) return withFlowEntry(text, value, flowEntry(entry))
  if (value.flow) {
    // `connectors: {}` becomes a block like the others.
    const [start = 0, end = 0] = value.range ?? []
    const emptied = text.slice(0, start).trimEnd() + text.slice(end)
    return insert(emptied, String((pair.key as { value: unknown }).value), entry)
  }
  const [first, last] = [value.items[0], value.items.at(-1)]
  if (!first || !last) return text
  const indentation = columnOf(text, first)
  const lines = blockLines(entry, indentation, step)
  const isAiry =
    value.items.length > 1 && /\n[ \t]*\r?\n/.test(text.slice(endOf(value.items.at(-2) ?? first), startOf(last)))
  return withLines(text, afterComments(text, endOf(last), indentation), isAiry ? ['', ...lines] : lines)
}

function appended(text: string, entry: object, step = DEFAULT_STEP): string {
  const lines = blockLines(entry, 0, step)
  return withLines(text, text.length, text.trim() === '' ? lines : ['', ...lines])
}

const DEFAULT_STEP = 2

/** Lists on one line, as in the examples of the documentation. */
function blockLines(entry: object, indentation: number, step: number): string[] {
  const document = new Document(entry)
  visit(document, { Seq: (_, list) => void (list.flow = true) })
  const lines = document.toString({ indent: step, lineWidth: 0, flowCollectionPadding: false }).trimEnd().split('\n')
  return lines.map((line) => ' '.repeat(indentation) + line)
}

/** Puts whole lines behind the line in which `offset` lies. */
function withLines(text: string, offset: number, lines: readonly string[]): string {
  const isAtStart = offset === 0 || text[offset - 1] === '\n'
  const next = text.indexOf('\n', offset)
  const at = isAtStart ? offset : next < 0 ? text.length : next + 1
  const gap = at > 0 && text[at - 1] !== '\n' ? '\n' : ''
  return `${text.slice(0, at)}${gap}${lines.join('\n')}\n${text.slice(at)}`
}

/** Comments below the last member, as deep as it or deeper, belong to it. */
function afterComments(text: string, offset: number, indentation: number): number {
  let end = offset
  let at = text[offset - 1] === '\n' ? offset : nextLine(text, offset)
  for (let next = nextLine(text, at); at < text.length; at = next, next = nextLine(text, at)) {
    const line = text.slice(at, next)
    if (line.trim() === '') continue
    if (!line.trimStart().startsWith('#') || line.search(/\S/) < indentation) break
    end = next
  }
  return end
}

function nextLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end < 0 ? text.length : end + 1
}

const startOf = ({ key }: Pair): number => (isScalar(key) ? (key.range?.[0] ?? 0) : 0)

const columnOf = (text: string, pair: Pair): number => startOf(pair) - (text.lastIndexOf('\n', startOf(pair) - 1) + 1)

/** Where the last thing of a member ends; the range of a block would include the comments behind it. */
function endOf({ key, value }: Pair): number {
  const last = (isMap(value) || isSeq(value)) && !value.flow ? value.items.at(-1) : undefined
  if (last && isMap(value)) return endOf(last as Pair)
  if (last) return endOf({ key, value: last } as Pair)
  const node = isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : undefined
  return node?.range?.[1] ?? (isScalar(key) ? (key.range?.[1] ?? 0) : 0)
}

/** How far the blocks of this file are indented. */
function stepOf(text: string, root: Block): number {
  for (const { value } of root.items) {
    const first = isMap(value) && !value.flow ? value.items[0] : undefined
    if (first) return Math.max(1, columnOf(text, first))
  }
  return DEFAULT_STEP
}

/** What one level of a JSON file is indented by; nothing where all stands on one line. */
function unitOf(text: string, root: Block): string {
  const first = root.items[0]
  if (!first) return ' '.repeat(DEFAULT_STEP)
  return /(?<=\n)[ \t]+$/.exec(text.slice(0, startOf(first)))?.[0] ?? ''
}
