import { dirname } from 'node:path'
import { z } from 'zod'
import type { Secret } from '../runtime/secret.js'
import type { AccountSettings, Configuration, ConnectorSettings } from './configuration.js'
import { readDocument } from './document.js'
import type { Draft } from './draft.js'
import { problemsOf } from './issues.js'
import { placeTypes, type PlaceTypes } from './place-types.js'
import { Preparation } from './prepare.js'
import type { Path, Problem } from './problem.js'
import { crossProblems, isStream } from './rules.js'
import { configurationSchema, type ConfigurationSchema } from './schema.js'
import { filesSection, recordsSection } from './schema/connectors.js'
import { isObject, meaningAt } from './schema-tree.js'
import type { Environment } from './substitution.js'

/** What is going to be written: to the configuration file, and beside it. */
export interface Proposed {
  text: string
  /** By the absolute path of their file. */
  secrets: ReadonlyMap<string, Secret>
}

export interface ReadOptions {
  /** A secret file turned unusable while its old content is still in use: for a warning. */
  onSecretKept?: (path: string, reason: string) => void
  /** Read instead of what lies on the disk. */
  proposed?: Proposed
  /**
   * True: a secret file of an account that cannot be read is no mistake. It may appear later, and until then only the
   * connectors that use the account are in trouble.
   */
  awaitsAccountSecrets?: boolean
}

export type Reading =
  | { configuration: Configuration }
  /** `draft`: what could be understood, to look for further mistakes in it. */
  | { problems: Problem[]; draft: Draft }

/**
 * Reads, checks and resolves a configuration file without touching the network. All mistakes are told at once. Relative
 * paths are relative to the file.
 */
export function readConfiguration(path: string, env: Environment, options: ReadOptions = {}): Reading {
  const { value, problems } = readDocument(path, options.proposed?.text)
  if (value === undefined) return { problems, draft: NOTHING }
  if (!isObject(value)) return { problems: [NOT_A_CONFIGURATION(path)], draft: NOTHING }
  const reader = new ConfigurationReader(placeOf(path, value, { ...options, env }), env, value)
  const draft = reader.read()
  const found = [...problems, ...reader.problems, ...crossProblems(draft)]
  return found.length > 0 ? { problems: found, draft } : { configuration: completed(draft) }
}

function placeOf(
  path: string,
  value: Record<string, unknown>,
  options: ReadOptions & { env: Environment },
): PlaceTypes {
  const { env, onSecretKept = () => {}, proposed, awaitsAccountSecrets = false } = options
  const allowInlineSecrets = value['allowInlineSecrets'] === true
  const secrets = proposed && { proposed: proposed.secrets }
  const source = { folder: dirname(path), env, allowInlineSecrets, onSecretKept, ...secrets }
  return placeTypes(source, { ...source, awaitsFiles: awaitsAccountSecrets })
}

const NOTHING: Draft = { accounts: new Map(), connectors: [] }

const NOT_A_CONFIGURATION = (path: string) => ({
  path,
  message: 'holds no keys',
  hint: 'write kafka, connectors and what else docs/configuration.md tells',
})

/** Reads part by part, so that a mistake in one part does not hide those in others. */
class ConfigurationReader {
  readonly problems: Problem[]
  readonly #schema: ConfigurationSchema
  readonly #root: Record<string, unknown>

  constructor(place: PlaceTypes, env: Environment, raw: Record<string, unknown>) {
    this.#schema = configurationSchema(place)
    const preparation = new Preparation(env, [place.secret, place.accountSecret])
    this.#root = preparation.prepare(this.#schema, raw, []) as Record<string, unknown>
    this.problems = preparation.problems
  }

  read(): Draft {
    const { allowInlineSecrets, kafka, service, notifications, accounts, connectors } = this.#schema.shape
    this.#take(allowInlineSecrets, this.#root, ['allowInlineSecrets'])
    const sections = {
      kafka: this.#take(kafka, this.#root, ['kafka']),
      service: this.#take(service, this.#root, ['service']),
      notifications: this.#take(notifications, this.#root, ['notifications']),
    }
    const accountSchema = accounts.unwrap().valueType
    return {
      ...present(sections),
      accounts: this.#named(accounts, 'accounts', (named, path) => this.#take(accountSchema, named, path)),
      connectors: [
        ...this.#named(connectors, 'connectors', (named, path) => this.#connector(connectors.valueType, named, path)),
      ].map(([name, members]) => ({ ...members, name })),
    }
  }

  /** Reads every member of a block whose keys are names. */
  #named<T>(schema: z.ZodType, key: string, read: (block: Record<string, unknown>, path: Path) => T): Map<string, T> {
    const isNeeded = !(schema instanceof z.ZodDefault)
    const block = this.#take(isNeeded ? BLOCK : BLOCK.default({}), this.#root, [key])
    if (block === undefined) return new Map()
    if (isNeeded && Object.keys(block).length === 0) {
      this.#add([{ path: key, message: 'is empty', hint: 'add at least one' }])
    }
    return new Map(Object.keys(block).map((name) => [name, read(block, [key, name])]))
  }

  #connector(schema: ConnectorSchema, connectors: Record<string, unknown>, path: Path): ConnectorMembers {
    const members = this.#take(BLOCK, connectors, path)
    if (members === undefined) return {}
    const read = Object.entries(schema.shape).map(([key, member]) => [key, this.#take(member, members, [...path, key])])
    return present(Object.fromEntries(read) as ConnectorMembers)
  }

  /** The member of `block` that is last in `path`; undefined when something is wrong with it, which is told. */
  #take<S extends z.ZodType>(schema: S, block: Record<string, unknown>, path: Path): z.output<S> | undefined {
    const key = String(path.at(-1))
    const result = z.object({ [key]: schema }).safeParse(block, { reportInput: true })
    if (result.success) return result.data[key] as z.output<S>
    this.#add(problemsOf(result.error.issues, path.slice(0, -1), (at) => meaningAt(this.#schema, this.#root, at)))
    return undefined
  }

  /** What the preparation has told of a place is the cause of what the schema says of it. */
  #add(problems: Problem[]): void {
    const told = new Set(this.problems.map(({ path }) => path))
    this.problems.push(...problems.filter(({ path }) => !told.has(path)))
  }
}

const BLOCK = z.record(z.string(), z.unknown())

type ConnectorSchema = ConfigurationSchema['shape']['connectors']['valueType']
type ConnectorMembers = Partial<z.output<ConnectorSchema>>

/** Without the members that are undefined. */
function present<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** A draft in which nothing is wrong has every part; only what no file needs to say is added. */
function completed(draft: Draft): Configuration {
  const { kafka, service, notifications } = draft as Configuration
  const connectors = draft.connectors.map((connector) => completedConnector(connector as ConnectorSettings))
  const accounts = draft.accounts as ReadonlyMap<string, AccountSettings>
  return { kafka, service, notifications, accounts, connectors }
}

function completedConnector(connector: ConnectorSettings): ConnectorSettings {
  const { destination, files = filesSection.parse({}), records = recordsSection.parse({}) } = connector
  return isStream(destination) ? { ...connector, files, records } : { ...connector, files }
}
