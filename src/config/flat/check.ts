import { z } from 'zod'
import type { Configuration, DestinationSettings } from '../configuration.js'
import type { DraftConnector } from '../draft.js'
import { problemsOf } from '../issues.js'
import { locationProblems } from '../locations.js'
import { formatPath, type Problem } from '../problem.js'
import { crossProblems } from '../rules.js'
import { meaningAt } from '../schema-tree.js'
import { connectorSection } from '../schema/connectors.js'
import { suggestion } from '../suggestion.js'
import { flatOptions, type FlatOption } from './options.js'
import type { FlatTexts } from './texts.js'
import { UNREAD } from './unread.js'

/** What is to be checked: a connector that is in no file yet, or that could change. */
export interface FlatConnector {
  name: string
  type: DestinationSettings['type']
  texts: FlatTexts
}

/**
 * What is wrong with a connector, by the name of the option (or `name`), beside the others of the configuration. Reads no
 * secret, file or variable; event types and fields are not compared with the catalogue.
 */
export function checkFlat({ name, type, texts }: FlatConnector, configuration: Configuration): Problem[] {
  const options = flatOptions(type)
  const raw = nested(options, { type, texts })
  const parts = Object.entries(connectorSection(UNREAD).shape).map(([key, schema]) => readPart(key, schema, raw))
  const draft = Object.assign({ name }, ...parts.map(({ read }) => read)) as DraftConnector
  const problems = [...parts.flatMap((part) => part.problems), ...problemsBeside(draft, configuration)]
  return [...unknownNames(texts, options), ...problems.map((problem) => ({ ...problem, path: optionAt(problem.path) }))]
}

/** Part by part, so that a mistake in one does not hide those between the others. */
function readPart(key: string, part: z.ZodType, raw: Record<string, unknown>): { read: object; problems: Problem[] } {
  const schema = z.object({ [key]: part })
  const { data, error } = schema.safeParse(raw, { reportInput: true })
  if (!error) return { read: data[key] === undefined ? {} : data, problems: [] }
  return { read: {}, problems: problemsOf(error.issues, [], (path) => meaningAt(schema, raw, path)) }
}

function unknownNames(texts: FlatTexts, options: readonly FlatOption[]): Problem[] {
  const known = options.map(({ name }) => name)
  const unknown = Object.keys(texts).filter((name) => !known.includes(name))
  return unknown.map((path) => {
    const nearest = suggestion(path, known)
    return { path, message: 'unknown key', hint: nearest ? `did you mean "${nearest}"?` : 'remove it' }
  })
}

/** As the options stand in a file, blocks and all. */
function nested(options: readonly FlatOption[], { type, texts }: Omit<FlatConnector, 'name'>) {
  const root: Record<string, Record<string, unknown>> = { destination: { type } }
  for (const option of options) {
    const text = Object.hasOwn(texts, option.name) ? texts[option.name] : undefined
    if (text === undefined) continue
    const [first = '', second] = option.name.split('.')
    if (second === undefined) Object.assign(root, { [first]: valueOf(text, option) })
    else root[first] = { ...root[first], [second]: valueOf(text, option) }
  }
  return root
}

/** What is no value of that kind stays a text, which the schema refuses with the right words. */
function valueOf(text: string, { kind }: FlatOption): unknown {
  if (kind === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
  if (kind === 'integer' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (kind === 'list') return text.trim() === '' ? [] : text.split(',').map((item) => item.trim())
  return text
}

function problemsBeside(connector: DraftConnector, configuration: Configuration): Problem[] {
  const others = configuration.connectors.filter(({ name }) => name !== connector.name)
  const place = formatPath(['connectors', connector.name])
  return [
    ...crossProblems({ ...configuration, connectors: [connector] }),
    // The others were compared with each other when their file was read, and there can be hundreds.
    ...others.flatMap((other) => locationProblems([other, connector])).slice(0, 1),
  ]
    .filter(({ path }) => path === place || path.startsWith(`${place}.`))
    .map((problem) => ({ ...problem, path: problem.path.slice(place.length + 1) }))
}

/** `topics[0]` is told of `topics`; what is told of the connector itself, of its name. */
function optionAt(path: string): string {
  return path.replace(/\[\d+\]$/, '') || 'name'
}
