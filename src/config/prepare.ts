import { z } from 'zod'
import { anyOf, formatPath, shown, type Path, type Problem } from './problem.js'
import { isObject, schemaFor, wraps } from './schema-tree.js'
import { substitute, type Environment } from './substitution.js'
import { suggestion } from './suggestion.js'

type Schema = z.core.$ZodType

/** Stands for a value that is not known: no schema takes it, and no default hides that it is missing. */
const UNREADABLE = Symbol('unreadable')

/**
 * Makes what stands in a file ready for the schema: variables are put into texts, unknown keys reported and taken out.
 * Secrets (values whose schema is one of `secrets`) are references and stay as they are.
 */
export class Preparation {
  readonly problems: Problem[] = []

  constructor(
    private readonly env: Environment,
    private readonly secrets: readonly Schema[],
  ) {}

  prepare(schema: Schema, raw: unknown, path: Path): unknown {
    if (this.secrets.some((secret) => wraps(schema, secret))) return raw
    if (isObject(raw)) return this.#block(schema, raw, path)
    const inside = schemaFor(schema, raw)
    if (typeof raw === 'string') return this.#text(raw, inside, path)
    if (Array.isArray(raw) && inside instanceof z.ZodArray) {
      return raw.map((item, index) => this.prepare(inside.element, item, [...path, index]))
    }
    return raw
  }

  #block(schema: Schema, raw: Record<string, unknown>, path: Path): unknown {
    // The branch of a union may hang on a variable: `type: ${DESTINATION}`.
    const type = typeof raw['type'] === 'string' ? this.#text(raw['type'], undefined, [...path, 'type']) : raw['type']
    const inside = schemaFor(schema, { ...raw, type })
    if (inside instanceof z.ZodRecord)
      return this.#members(this.#withoutPrototype(raw, path), path, () => inside.valueType)
    if (!(inside instanceof z.ZodObject)) return raw
    const shape = inside.shape as Record<string, Schema>
    const known = Object.entries(raw).filter(([key]) => Object.hasOwn(shape, key) || this.#unknown(key, shape, path))
    return this.#members(Object.fromEntries(known), path, (key) => shape[key])
  }

  #members(raw: Record<string, unknown>, path: Path, schemaOf: (key: string) => Schema | undefined): unknown {
    const prepared = Object.entries(raw).map(([key, value]) => {
      const schema = schemaOf(key)
      return [key, schema ? this.prepare(schema, value, [...path, key]) : value] as const
    })
    return Object.fromEntries(prepared)
  }

  /** zod passes over this name in silence. */
  #withoutPrototype(raw: Record<string, unknown>, path: Path): Record<string, unknown> {
    if (!Object.hasOwn(raw, '__proto__')) return raw
    this.#report([...path, '__proto__'], 'is no name', 'write another one')
    return Object.fromEntries(Object.entries(raw).filter(([key]) => key !== '__proto__'))
  }

  #unknown(key: string, shape: Record<string, Schema>, path: Path): false {
    const nearest = suggestion(key, Object.keys(shape))
    const hint = nearest ? `did you mean "${nearest}"?` : `write ${anyOf(Object.keys(shape))}`
    this.#report([...path, key], 'unknown key', hint)
    return false
  }

  /** `UNREADABLE` when there is something wrong with a variable, which is reported. */
  #text(raw: string, inside: Schema | undefined, path: Path): unknown {
    const result = substitute(raw, this.env)
    if ('text' in result) return result.changed ? meant(result.text, inside) : result.text
    if ('unset' in result) {
      this.#report(
        path,
        `the environment variable ${result.unset} is not set`,
        `set it, or write \${${result.unset}:-default}`,
      )
    } else {
      this.#report(
        path,
        `${shown(result.malformed)} is no variable`,
        'write ${NAME} or ${NAME:-default}, or $${ for the text "${"',
      )
    }
    return UNREADABLE
  }

  #report(path: Path, message: string, hint: string): void {
    const place = formatPath(path)
    if (!this.problems.some((problem) => problem.path === place)) this.problems.push({ path: place, message, hint })
  }
}

/** What comes from a variable is text; where a number or truth value belongs, it is meant as one. */
function meant(text: string, inside: Schema | undefined): unknown {
  if (inside instanceof z.ZodNumber && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (inside instanceof z.ZodBoolean && /^(true|false)$/.test(text)) return text === 'true'
  return text
}
