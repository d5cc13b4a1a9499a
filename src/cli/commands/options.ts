import { InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../../config/units.js'
import type { ExitCode } from '../terminal.js'

/** What the command that ran leaves behind. */
export interface CommandResult {
  exitCode: ExitCode
}

export const configOption = () => new Option('-c, --config <file>', 'configuration file').default('millrace.yaml')

export const jsonOption = (what = 'print one JSON document') => new Option('--json', what).default(false)

export const urlOption = () => new Option('--url <address>', 'ask this instance, not the one of service.http')

/** Changes of identities mostly spread within seconds; a person waits for the answer. */
const WAIT_FOR_FRESH = '30s'

/** As long as a destination that throttles may need; longer trouble is for a person, who is waiting. */
const WAIT_FOR_PASSING = '2m'

export const waitOption = () =>
  waiting('how long to go on when a key, role or right may only be too new', WAIT_FOR_FRESH)

export const patienceOption = () => waiting('how long to go on when trouble may pass by itself', WAIT_FOR_PASSING)

const waiting = (what: string, most: string) =>
  new Option('--wait <duration>', what).default(durationOf(most), most).argParser(durationOf)

function durationOf(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('Write a duration like 30s or PT1M.')
}
