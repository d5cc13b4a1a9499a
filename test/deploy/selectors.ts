/** A metric as a query names it, and every label that it must have for the query to mean something. */
export interface Selector {
  metric: string
  labels: string[]
}

const KEYWORDS = ['and', 'or', 'unless', 'on', 'by', 'offset']

/** The metrics of a PromQL expression with the labels by which they are selected, grouped and matched. */
export function selectorsOf(expression: string): Selector[] {
  const bare = expression.replace(/"(?:\\.|[^"\\])*"/g, '""').replace(/\[[^\]]*\]/g, '')
  const matching = [...bare.matchAll(/\bon\s*\(([^)]*)\)/g)].flatMap(([, list]) => listed(list!))
  const groups = [...bare.matchAll(/\bby\s*\(([^)]*)\)\s*\(/g)].map(({ 0: start, 1: list, index }) => ({
    labels: listed(list!),
    from: index,
    to: endOfParenthesis(bare, index + start.length),
  }))
  // As many blanks as there were characters: places stay what they are.
  const rest = bare.replace(/\b(?:by|on)\s*\([^)]*\)/g, (list) => ' '.repeat(list.length))
  const names = [...rest.matchAll(/(?<![\w:.])([a-z_][\w:]*)(\{[^}]*\})?(?!\s*\(|[\w:])/gi)]
  return names
    .filter(({ 1: name }) => !KEYWORDS.includes(name!))
    .map(({ 1: metric, 2: braces = '', index }) => {
      const selecting = [...braces.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!)
      const grouping = groups.filter(({ from, to }) => from < index && index < to).flatMap(({ labels }) => labels)
      return { metric: metric!, labels: [...new Set([...selecting, ...grouping, ...matching])] }
    })
}

function listed(labels: string): string[] {
  return labels.split(',').map((label) => label.trim())
}

/** Where the parenthesis closes that is open at `from`. */
function endOfParenthesis(text: string, from: number): number {
  let depth = 1
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') depth++
    if (text[at] === ')' && --depth === 0) return at
  }
  return text.length
}
