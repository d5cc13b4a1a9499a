import { Option } from 'commander'
import type { ExitCode } from '../terminal.js'

/** What the command that ran leaves behind. */
export interface CommandResult {
  exitCode: ExitCode
}

export const configOption = () => new Option('-c, --config <file>', 'configuration file').default('millrace.yaml')

export const jsonOption = (what = 'print one JSON document') => new Option('--json', what).default(false)
