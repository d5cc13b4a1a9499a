import type { ConnectorSettings } from '../config/configuration.js'
import type { CheckResult } from '../runtime/checklist.js'
import { checkConnector } from './test-connector.js'
import { connectorNamed, loadProject } from './project.js'
import type { ExitCode, Terminal } from './terminal.js'
import { reportText, type ConnectorReport } from './test-report.js'

export interface TestOptions {
  config: string
  json: boolean
  /** How long to go on when a key, a role or a right may only be too new, milliseconds. */
  wait: number
}

/**
 * Looks at everything that the connector, or every connector, needs: live, each by its own name. Resolves to 3 when a check
 * failed. Checks of one connector never wait for another's.
 */
export async function test(name: string | undefined, options: TestOptions, terminal: Terminal): Promise<ExitCode> {
  const project = await loadProject(options.config, terminal)
  const { configuration } = project
  const connectors = name === undefined ? configuration.connectors : [connectorNamed(configuration, name)]
  const say = (connector: string, words: string) => terminal.err(`${connector}: ${words}`)
  const underway = connectors.map(async (connector) => {
    const parts = { project, waitMs: options.wait, say: (words: string) => say(connector.name, words) }
    return reportOf(connector, await checkConnector(connector, { ...parts, stop: terminal.stop }))
  })
  const reports: ConnectorReport[] = []
  for (const report of underway) {
    reports.push(await report)
    if (!options.json) reportText(await report).forEach((line) => terminal.out(line))
  }
  const isOk = reports.every((report) => report.ok)
  if (options.json) terminal.out(JSON.stringify({ ok: isOk, connectors: reports }, null, 2))
  return isOk ? 0 : 3
}

export function reportOf({ name, enabled, destination }: ConnectorSettings, results: CheckResult[]): ConnectorReport {
  const checks = results.map(({ name, resource, status, message, hint, code, durationMs }) => {
    return { name, resource, status, message, ...(hint && { hint }), ...(code && { code }), durationMs }
  })
  const ok = checks.every(({ status }) => status !== 'failed')
  return { name, enabled, destination: destination.type, ok, checks }
}
