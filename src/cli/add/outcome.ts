import type { ConnectorReport } from '../test-report.js'
import type { Proposal } from './proposal.js'

/** What `millrace add` has done; the same names with `--json`. */
export interface Outcome {
  name: string
  file: string
  enabled: boolean
  /** False when a check failed. */
  written: boolean
  /** False with `--skip-test`. */
  tested: boolean
  added: { path: string; value: unknown }[]
  secretFiles: { path: string }[]
  checks: ConnectorReport['checks']
}

export function addedBy({ additions, secretFiles }: Proposal): Pick<Outcome, 'added' | 'secretFiles'> {
  const added = additions.map(({ section, name, value }) => ({ path: `${section}.${name}`, value }))
  return { added, secretFiles: secretFiles.map((path) => ({ path })) }
}

/** What a person wants to know when it is done. */
export function outcomeText({ name, file, enabled, added, secretFiles }: Outcome): string[] {
  const secrets = secretFiles.map(({ path }) => path).join(', ')
  return [
    `${name} is added to ${file}: ${added.map(({ path }) => path).join(', ')}`,
    ...(secrets === ''
      ? []
      : [`Secrets, which only this user may read (keep them out of version control): ${secrets}`]),
    enabled
      ? 'Launched: millrace run starts it; a service that runs already takes it up when it is restarted.'
      : `Saved for later: connectors.${name}.enabled: true and a restart of millrace run launch it.`,
  ]
}
