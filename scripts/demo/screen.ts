/** Width of the column that says what a line is about. */
const labelWidth = 14

/** What the demo shows while it runs: a line per step, which changes in place on a terminal until the step is done. */
export class Screen {
  private readonly isTerminal = process.stdout.isTTY
  private startedMs = Date.now()
  private isLineOpen = false

  heading(text: string): void {
    console.log(`\n${text}\n`)
  }

  /** A step is underway; shown on a terminal only. */
  progress(label: string, text: string): void {
    if (!this.isTerminal) return
    process.stdout.write(`\r\u001b[2K${line(label, `${text} …`)}`)
    this.isLineOpen = true
  }

  /** A step is done; with the seconds since the one before. */
  done(label: string, text: string): void {
    const seconds = ((Date.now() - this.startedMs) / 1000).toFixed(1)
    this.startedMs = Date.now()
    if (this.isTerminal) process.stdout.write('\r\u001b[2K')
    this.isLineOpen = false
    console.log(line(label, `${text} (${seconds} s)`))
  }

  /** Rows of label and text, aligned. */
  rows(rows: readonly (readonly [label: string, text: string])[]): void {
    for (const [label, text] of rows) console.log(line(label, text))
  }

  text(text: string): void {
    console.log(text)
  }

  /** Leaves a line of progress as it is. */
  endLine(): void {
    if (this.isLineOpen) process.stdout.write('\n')
    this.isLineOpen = false
  }
}

function line(label: string, text: string): string {
  return `  ${label.padEnd(labelWidth)}${text}`
}

/** 1234567 → `1,234,567`. */
export function counted(count: number): string {
  return count.toLocaleString('en-US')
}

/** Bytes for people: `8.1 MiB`. */
export function sized(bytes: number): string {
  const kib = bytes / 1024
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`
}
