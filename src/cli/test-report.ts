import type { CheckResult, CheckStatus } from '../runtime/checklist.js'

/** What `millrace test` says about a connector; the same names with `--json`. */
export interface ConnectorReport {
  name: string
  enabled: boolean
  destination: string
  /** False when a check failed. */
  ok: boolean
  checks: Omit<CheckResult, 'mayPassSoon'>[]
}

/** A line per check; what is wrong, and what to do, below it. */
export function reportText({ name, destination, enabled, checks }: ConnectorReport): string[] {
  const width = Math.max(...checks.map((check) => check.name.length))
  return [
    `${name} (${destination}${enabled ? '' : ', not enabled'})`,
    ...checks.flatMap((check) => lines(check, width)),
    `  ${summary(checks)}`,
    '',
  ]
}

function lines(
  { name, resource, status, message, hint, durationMs }: ConnectorReport['checks'][number],
  width: number,
) {
  const time = status === 'skipped' ? '' : ` (${Math.round(durationMs)} ms)`
  return [
    `  ${status.padEnd('skipped'.length)}  ${name.padEnd(width)}  ${resource}: ${message}${time}`,
    ...(hint === undefined ? [] : [`  ${' '.repeat('skipped'.length + width + 2)}  ${hint}`]),
  ]
}

function summary(checks: ConnectorReport['checks']): string {
  const count = (wanted: CheckStatus) => checks.filter(({ status }) => status === wanted).length
  const counted = (['ok', 'warning', 'failed', 'skipped'] as const).map((status) => `${count(status)} ${status}`)
  return `${checks.length} checks: ${counted.join(', ')}`
}
