import type { FailureClass } from './destination.js'

/** Names of errors that mean the same for us. */
export interface ErrorGroup {
  class: FailureClass
  /** The public page that has these names. */
  source: string
  /** What a person can do about it. */
  advice: string
  /** True when other payloads may well be taken although this one was not; else trying them costs time only. */
  perObject?: boolean
  names: readonly string[]
}

export type ErrorTable = ReadonlyMap<string, ErrorGroup>

/** The row of each name. */
export function byName(groups: readonly ErrorGroup[]): ErrorTable {
  return new Map(groups.flatMap((group) => group.names.map((name) => [name, group] as const)))
}
