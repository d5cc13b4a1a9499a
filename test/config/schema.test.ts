import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { describe, expect, it } from 'vitest'
import { placeTypes } from '../../src/config/place-types.js'
import { configurationSchema } from '../../src/config/schema.js'
import { formatDuration, formatSize } from '../../src/config/units.js'

type Schema = z.core.$ZodType

/** One option: its dotted path (names of accounts and connectors as NAME), its meaning, its default. */
interface Option {
  path: string
  meaning: string | undefined
  /** Undefined: there is none, or it is made of those of its members. */
  byDefault: unknown
}

const schema = configurationSchema(
  placeTypes({ folder: '/', env: {}, allowInlineSecrets: false, onSecretKept: () => {} }),
)

function optionsOf(schema: Schema, path: string): Option[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => optionsOf(option, path))
  if (schema instanceof z.ZodArray) return optionsOf(schema.element, `${path}[]`)
  if (schema instanceof z.ZodRecord) return optionsOf(schema.valueType, `${path}.NAME`)
  if (!(schema instanceof z.ZodObject)) {
    const inside = unwrapped(schema)
    return inside ? optionsOf(inside, path) : []
  }
  return Object.entries(schema.shape as Record<string, Schema>).flatMap(([key, member]) => {
    const own = path === '' ? key : `${path}.${key}`
    const meaning = z.globalRegistry.get(member)?.description
    return [{ path: own, meaning, byDefault: defaultOf(member) }, ...optionsOf(member, own)]
  })
}

function unwrapped(schema: Schema): Schema | undefined {
  if (schema instanceof z.ZodExactOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return schema.unwrap()
  }
  if (schema instanceof z.ZodPipe) return schema.in instanceof z.ZodTransform ? schema.out : schema.in
  return undefined
}

function defaultOf(schema: Schema): unknown {
  if (schema instanceof z.ZodDefault) return schema.def.defaultValue
  const inside = unwrapped(schema)
  return inside && defaultOf(inside)
}

const options = optionsOf(schema, '')

/** The cells of the table rows about an option, from its key on. */
async function rowsOf(path: string): Promise<string[][]> {
  const text = await readFile('docs/configuration.md', 'utf8')
  const rows = text.split('\n').map((line) => line.split(/\s*\|\s*/).slice(1, -1))
  return rows.filter(([key]) => key === `\`${path}\``)
}

describe('every option', () => {
  it('is found by this test', () => {
    expect(options.length).toBeGreaterThan(80)
    const paths = options.map(({ path }) => path)
    expect(paths).toContain('connectors.NAME.destination.eventHub')
    expect(paths).toContain('notifications.webhooks[].url')
  })

  it.each(options.map(({ path, meaning }) => [path, meaning]))('%s says what it means', (_, meaning) => {
    expect(meaning).toMatch(/\w/)
  })

  it.each([...new Set(options.map(({ path }) => path))])(
    '%s stands in the documentation, once for each place',
    async (path) => {
      const places = options.filter((option) => option.path === path).length
      expect(await rowsOf(path)).toHaveLength(places)
    },
  )

  it.each(
    options.filter(({ byDefault }) => typeof byDefault !== 'object').filter(({ byDefault }) => byDefault !== undefined),
  )('$path has the documented default', async ({ path, byDefault }) => {
    const [row = []] = await rowsOf(path)
    const forms = typeof byDefault === 'number' ? [formatDuration(byDefault), formatSize(byDefault)] : []
    const isTold = [String(byDefault), ...forms].some((form) => row[2] === `\`${form}\``)
    expect(isTold, `${row.join(' | ')} tells ${String(byDefault)}`).toBe(true)
  })
})

describe('the documentation', () => {
  it('has no option that does not exist', async () => {
    const text = await readFile('docs/configuration.md', 'utf8')
    const told = [...text.matchAll(/^\| `([\w.[\]]+)`\s*\|/gm)].map(([, path]) => path)
    expect(told.length).toBeGreaterThan(80)
    expect(told.filter((path) => !options.some((option) => option.path === path))).toEqual([])
  })
})
