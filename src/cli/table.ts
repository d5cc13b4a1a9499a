/** Columns as wide as their widest cell, two spaces apart; `header` first. Those of `numbers` end at the same place. */
export function tableOf(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly boolean[] = [],
): string[] {
  const printed = [header, ...rows].map((row) => row.map(printable))
  const widths = header.map((_, column) => Math.max(...printed.map((row) => row[column]?.length ?? 0)))
  return printed.map((row) =>
    row
      .map((cell, column) => (numbers[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** Text from outside on a person's terminal: control characters, which could steer it, become visible escapes. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** C0, DEL, C1, and what turns the direction of writing. */
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
