/** The environment's variables. */
export type Environment = Readonly<Record<string, string | undefined>>

export type Substituted =
  /** `changed`: the text held a variable, so that its result may be meant as a number. */
  { text: string; changed: boolean } | { unset: string } | { malformed: string }

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

/**
 * Replaces `${NAME}` and `${NAME:-default}` by the environment's value; as in a shell, an empty variable takes the default.
 * `$${` stands for a literal `${`. What is put in is not looked at again.
 */
export function substitute(text: string, env: Environment): Substituted {
  let trouble: Substituted | undefined
  let changed = false
  const result = text.replace(REFERENCE, (whole, inside: string | undefined, end: string) => {
    if (inside === undefined) return '${'
    changed = true
    const [, name, byDefault] = VARIABLE.exec(inside) ?? []
    if (name === undefined || end === '') trouble ??= { malformed: whole }
    const value = valueOf(name, byDefault, env)
    if (value === undefined && name !== undefined) trouble ??= { unset: name }
    return value ?? ''
  })
  return trouble ?? { text: result, changed }
}

/** How a text is written that `substitute` shall give back as it is. */
export function literal(text: string): string {
  return text.replaceAll('${', () => '$${')
}

function valueOf(name: string | undefined, byDefault: string | undefined, env: Environment): string | undefined {
  const value = name !== undefined && Object.hasOwn(env, name) ? env[name] : undefined
  return value === '' ? (byDefault ?? '') : (value ?? byDefault)
}
