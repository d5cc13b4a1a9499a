import type { Configuration, ConnectorSettings } from '../../config/configuration.js'
import { MillraceError } from '../../runtime/errors.js'
import { connectorNamed } from '../project.js'
import { dropNamed, type Drop } from './ledger.js'
import { uncovered, type Stretch } from './remains.js'

/** Offsets to deliver: those of one entry of the ledger or, without one, what no entry covers. */
export type ReplayTarget = Stretch & { connector: ConnectorSettings; drop: Drop | null }

/** What of the ledger or of a partition is meant. */
export interface TargetOptions {
  drop: readonly string[]
  all: boolean
  connector?: string
  topic?: string
  partition?: number
  /** First and last offset, both included. */
  from?: number
  to?: number
}

/** What to deliver, in order. Throws `MillraceError` `USAGE` for what cannot be meant. */
export function targetsOf(options: TargetOptions, drops: readonly Drop[], parts: Configuration): ReplayTarget[] {
  const stretch = stretchOf(options)
  const ways = [options.drop.length > 0, options.all, stretch !== undefined].filter(Boolean).length
  if (ways !== 1) throw usage('say what to replay: --drop ID, or --all, or --topic, --partition, --from and --to')
  if (stretch) return targetsBetween(stretch, drops, connectorOf(stretch, options.connector, parts))
  if (options.drop.length > 0) return named(options, drops).map((drop) => targetOf(drop, parts))
  if (options.connector !== undefined) connectorNamed(parts, options.connector)
  const { connector = null } = options
  const left = drops.filter((drop) => isLeft(drop) && [null, drop.connector].includes(connector))
  return left.map((drop) => targetOf(drop, parts))
}

function named({ drop: names, connector }: TargetOptions, drops: readonly Drop[]): Drop[] {
  if (connector !== undefined) throw usage('--connector does not go with --drop: an entry names its connector')
  return [...new Set(names.map((name) => dropNamed(drops, name)))]
}

/** Not replayed yet; what Kafka had removed before cannot be. */
const isLeft = ({ replayed, reason }: Drop) => !replayed && reason !== 'retention'

function targetOf(drop: Drop, { connectors }: Configuration): ReplayTarget {
  const { topic, partition, firstOffset, lastOffset } = drop
  const connector = connectors.find(({ name }) => name === drop.connector)
  if (connector) return { topic, partition, firstOffset, lastOffset, connector, drop }
  throw usage(
    `drop ${drop.id}: connector ${drop.connector} is not in the configuration: add it again to replay its drops`,
  )
}

function stretchOf({ topic, partition, from, to }: TargetOptions): Stretch | undefined {
  if ([topic, partition, from, to].every((option) => option === undefined)) return undefined
  if (topic === undefined || partition === undefined || from === undefined || to === undefined) {
    throw usage('--topic, --partition, --from and --to go together')
  }
  if (from > to) throw usage(`--from ${from} is after --to ${to}; both are included`)
  return { topic, partition, firstOffset: from, lastOffset: to }
}

function connectorOf({ topic }: Stretch, name: string | undefined, configuration: Configuration): ConnectorSettings {
  const readers = configuration.connectors.filter(({ topics }) => topics.includes(topic))
  const names = readers.map((reader) => reader.name).join(', ')
  if (name !== undefined) {
    const connector = connectorNamed(configuration, name)
    if (readers.includes(connector)) return connector
    throw usage(`connector ${name} does not read topic ${topic}${names && `: choose one of ${names}`}`)
  }
  if (readers.length === 1) return readers[0]!
  throw usage(
    names ? `topic ${topic} is read by ${names}: choose with --connector` : `no connector reads topic ${topic}`,
  )
}

/** Entries stay whole, under the keys they have; what is between them are stretches of their own. */
function targetsBetween(stretch: Stretch, drops: readonly Drop[], connector: ConnectorSettings): ReplayTarget[] {
  const touched = drops.filter((drop) => isOf(drop, connector, stretch) && overlaps(drop, stretch))
  const cut = touched.find(({ firstOffset, lastOffset }) => {
    return firstOffset < stretch.firstOffset || lastOffset > stretch.lastOffset
  })
  if (cut) throw cutsThrough(cut)
  const inside = touched.map(({ topic, partition, firstOffset, lastOffset, ...rest }) => {
    const place = { topic, partition, firstOffset, lastOffset }
    return { ...place, connector, drop: { ...place, ...rest } }
  })
  const between = uncovered(stretch, touched).map((left) => ({ ...left, connector, drop: null }))
  return [...inside, ...between].sort((a, b) => a.firstOffset - b.firstOffset)
}

/** What Kafka had removed cuts nothing: its offsets are gone, and found to be. */
function isOf(drop: Drop, { name }: ConnectorSettings, { topic, partition }: Stretch): boolean {
  const { connector, reason } = drop
  return connector === name && reason !== 'retention' && drop.topic === topic && drop.partition === partition
}

const overlaps = (a: Stretch, b: Stretch) => a.firstOffset <= b.lastOffset && a.lastOffset >= b.firstOffset

function cutsThrough({ id, firstOffset, lastOffset }: Drop): MillraceError {
  const message = `drop ${id} is of offsets ${firstOffset}-${lastOffset}, and only a part of it is named`
  return usage(`${message}: an entry is delivered as a whole. Name all of it, or use: millrace replay --drop ${id}`)
}

const usage = (message: string) => new MillraceError('USAGE', message)
