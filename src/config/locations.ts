import type { DestinationSettings } from './configuration.js'
import type { DraftConnector } from './draft.js'
import { shown, type Problem } from './problem.js'

/**
 * Two connectors may share a bucket and credentials, but never a folder, nor a folder inside the other's (currents.md, [S3];
 * fault 60): whoever reads one of them would find the other's objects.
 */
export function locationProblems(connectors: readonly DraftConnector[]): Problem[] {
  const locations = connectors.flatMap((connector) => locationOf(connector) ?? [])
  return locations.flatMap((location, index) => {
    const other = locations.slice(0, index).find((earlier) => overlap(earlier, location))
    return other ? [clash(location, other)] : []
  })
}

interface Location {
  connector: string
  /** Where the folder is counted from: a store and its bucket, or the machine. */
  root: string
  segments: string[]
  folder: string
}

function locationOf({ name, destination }: DraftConnector): Location | undefined {
  const place = destination && placeOf(destination)
  if (!place) return undefined
  const folder = place.folder.replaceAll('%CONNECTOR%', name)
  return { connector: name, root: place.root, segments: [...place.above, ...folder.split('/')], folder: place.folder }
}

interface Place {
  root: string
  above: string[]
  folder: string
}

function placeOf(destination: DestinationSettings): Place | undefined {
  switch (destination.type) {
    case 's3':
      return { root: `${storeOf(destination.endpoint)}/${destination.bucket}`, above: [], folder: destination.folder }
    case 'folder':
      return { root: '', above: destination.path.split(/[\\/]/), folder: destination.folder }
    case 'kinesis':
    case 'event-hubs':
      return undefined
  }
}

/** Bucket names are unique in all of AWS, whatever the region; elsewhere only within their store. */
function storeOf(endpoint: string | undefined): string {
  const host = endpoint === undefined ? 'amazonaws.com' : new URL(endpoint).host
  return /(^|\.)amazonaws\.com(\.cn)?$/.test(host) ? 'aws' : host.replace(/^localhost(?=:|$)/, '127.0.0.1')
}

function overlap(a: Location, b: Location): boolean {
  const shorter = Math.min(a.segments.length, b.segments.length)
  const meet = (_: unknown, index: number) => mayBeEqual(a.segments[index] ?? '', b.segments[index] ?? '')
  return a.root === b.root && Array.from({ length: shorter }).every(meet)
}

const MACRO = /%[A-Z_]+%/

/** A macro may become anything: what stands before the first and after the last one decides. */
function mayBeEqual(a: string, b: string): boolean {
  if (!MACRO.test(a) && !MACRO.test(b)) return a === b
  const [startA, startB] = [a, b].map((segment) => segment.split(MACRO)[0] ?? '')
  const [endA, endB] = [a, b].map((segment) => segment.split(MACRO).at(-1) ?? '')
  const startsMeet = startsEither(startA ?? '', startB ?? '')
  return startsMeet && endsWithEither(endA ?? '', endB ?? '')
}

function startsEither(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a)
}

function endsWithEither(a: string, b: string): boolean {
  return a.endsWith(b) || b.endsWith(a)
}

function clash(location: Location, other: Location): Problem {
  const same = location.segments.join('/') === other.segments.join('/')
  return {
    path: `connectors.${location.connector}.destination.folder`,
    message: same
      ? `connector ${other.connector} writes to ${shown(location.folder)} as well`
      : `${shown(location.folder)} and ${shown(other.folder)} of connector ${other.connector} lie inside each other`,
    hint: 'write a folder of its own',
  }
}
