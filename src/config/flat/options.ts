import { z } from 'zod'
import type { DestinationSettings } from '../configuration.js'
import { isStream } from '../rules.js'
import { layersOf, schemaFor } from '../schema-tree.js'
import { connectorSection } from '../schema/connectors.js'
import { formatDuration, formatSize } from '../units.js'
import { UNREAD } from './unread.js'

/** An option of a connector as others see it who know only names and texts: `destination.bucket`, `files.maxAge`. */
export interface FlatOption {
  name: string
  kind: 'boolean' | 'integer' | 'list' | 'secret' | 'text'
  isRequired: boolean
  /** What it is when it is left out; absent where that depends on others, or it is then simply not there. */
  default?: string
  /** All values there are. */
  choices?: readonly string[]
  meaning: string
}

type Schema = z.core.$ZodType

/** All options of connectors to such a destination, in the order of the schema; the type itself is none of them. */
export function flatOptions(type: DestinationSettings['type']): readonly FlatOption[] {
  const others = unusedBy(type)
  return optionsIn(connectorSection(UNREAD).shape, { type }, '').filter(
    ({ name }) => name !== 'destination.type' && !name.startsWith(others),
  )
}

/** Objects are written by `files`, records by `records`: a destination has one of them. */
export function unusedBy(type: DestinationSettings['type']): 'files.' | 'records.' {
  return isStream({ type }) ? 'files.' : 'records.'
}

function optionsIn(shape: Record<string, Schema>, raw: unknown, prefix: string): FlatOption[] {
  return Object.entries(shape).flatMap(([key, schema]) => {
    const inside = schemaFor(schema, raw)
    if (inside instanceof z.ZodObject) return optionsIn(inside.shape, {}, `${prefix}${key}.`)
    return [optionOf(schema, `${prefix}${key}`)]
  })
}

function optionOf(schema: Schema, name: string): FlatOption {
  const layers = layersOf(schema)
  const given = layers.find((layer) => layer instanceof z.ZodDefault)
  const choices = layers.find((layer) => layer instanceof z.ZodEnum)?.options.map(String)
  return {
    ...{ name, kind: kindOf(layers), isRequired: !layers.some(mayBeLeftOut) },
    ...(given && { default: textOf(given.def.defaultValue, layers) }),
    ...(choices && { choices }),
    meaning: z.globalRegistry.get(schema)?.description ?? '',
  }
}

function mayBeLeftOut(layer: Schema): boolean {
  return [z.ZodDefault, z.ZodPrefault, z.ZodOptional, z.ZodExactOptional].some((kind) => layer instanceof kind)
}

function kindOf(layers: readonly Schema[]): FlatOption['kind'] {
  if (isWrittenAs(layers, 'secret')) return 'secret'
  if (layers.some((layer) => layer instanceof z.ZodBoolean)) return 'boolean'
  if (layers.some((layer) => layer instanceof z.ZodNumber)) return 'integer'
  return layers.some((layer) => layer instanceof z.ZodArray) ? 'list' : 'text'
}

function textOf(value: unknown, layers: readonly Schema[]): string {
  if (isWrittenAs(layers, 'duration')) return formatDuration(Number(value))
  if (isWrittenAs(layers, 'size')) return formatSize(Number(value))
  return Array.isArray(value) ? value.join(',') : String(value)
}

/** What an option's value is written as, where its schema alone does not say so. */
function isWrittenAs(layers: readonly Schema[], form: 'secret' | 'duration' | 'size'): boolean {
  return layers.some((layer) => z.globalRegistry.get(layer)?.['writtenAs'] === form)
}
