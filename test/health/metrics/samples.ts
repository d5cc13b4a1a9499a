/** A line of `/metrics` with a value. */
export interface ReadSample {
  name: string
  labels: Record<string, string>
  value: number
}

/** The samples of a text; a line that is none, nor a comment, is an error. */
export function samplesOf(text: string): ReadSample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const [, name, labels, value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (!name || value === undefined) throw new Error(`no sample: ${line}`)
    const pairs = [...(labels ?? '').matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)].map(([, key, text]) => [key, text])
    return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }
  })
}
