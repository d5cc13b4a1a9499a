import type { ChaosReport } from './run.js'

/** The report as lines for people. */
export function reportLines({ table, problems, folder, verdict }: ChaosReport): string[] {
  const width = Math.max(...Object.keys(table).map((name) => name.length))
  const rows = Object.entries(table).map(([name, value]) => `  ${name.padEnd(width)}  ${String(value).padStart(10)}`)
  const findings =
    problems.total === 0
      ? [verdict]
      : [`${problems.total} problems:`, ...problems.shown.map((line) => `  ${line}`), `Everything is kept in ${folder}`]
  return ['', ...rows, '', ...findings]
}
