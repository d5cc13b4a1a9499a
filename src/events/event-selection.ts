/** Which events a connector forwards. */
export interface EventSelection {
  /** Event types, or patterns in which `*` stands for any run of characters. */
  readonly include: readonly string[]
  /** Wins over `include`. */
  readonly exclude: readonly string[]
  /** Anonymous is an event without `external_user_id`: absent, null or empty. */
  readonly anonymousUsers: 'include' | 'exclude'
}

export function selectsType({ include, exclude }: EventSelection, eventType: string): boolean {
  const matches = (pattern: string) => matchesPattern(pattern, eventType)
  return include.some(matches) && !exclude.some(matches)
}

/** Takes time linear in the name, whatever the pattern: names come from outside. */
export function matchesPattern(pattern: string, eventType: string): boolean {
  const [start = '', ...rest] = pattern.split('*')
  const end = rest.pop()
  if (end === undefined) return pattern === eventType
  if (!eventType.startsWith(start)) return false
  let position = start.length
  for (const piece of rest) {
    const found = eventType.indexOf(piece, position)
    if (found < 0) return false
    position = found + piece.length
  }
  return eventType.length - end.length >= position && eventType.endsWith(end)
}
