import { InvalidArgumentError, Option, type Command } from 'commander'
import { parseDuration } from '../../config/units.js'
import { externalId } from '../external-id.js'
import { policy, UNKNOWN_PRINCIPAL, type PolicyOptions } from '../policy.js'
import type { Terminal } from '../terminal.js'
import { test, type TestOptions } from '../test.js'
import { configOption, jsonOption, type CommandResult } from './options.js'

/** Changes of identities mostly spread within seconds; a person waits for the answer. */
const WAIT_FOR_FRESH = '30s'

export function addTest(program: Command, terminal: Terminal, result: CommandResult): void {
  program
    .command('test')
    .description('look at everything a connector needs, live: credentials, rights, bucket, Kafka, retention, schemas')
    .argument('[connector]', 'all of them unless told')
    .addOption(configOption())
    .addOption(jsonOption('print one JSON document'))
    .addOption(
      new Option('--wait <duration>', 'how long to go on when a key, role or right may only be too new')
        .default(durationOf(WAIT_FOR_FRESH), WAIT_FOR_FRESH)
        .argParser(durationOf),
    )
    .action(async (connector: string | undefined, options: TestOptions) => {
      result.exitCode = await test(connector, options, terminal)
    })
}

function durationOf(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('Write a duration like 30s or PT1M.')
}

export function addPolicy(program: Command, terminal: Terminal): void {
  program
    .command('policy')
    .description('print the least rights a connector needs: IAM policy, trust policy, Kafka ACLs')
    .argument('<connector>')
    .addOption(configOption())
    .addOption(jsonOption('print one JSON document'))
    .option('--principal <arn>', 'who takes the role: the identity Millrace runs as', UNKNOWN_PRINCIPAL)
    .action((connector: string, options: PolicyOptions) => policy(connector, options, terminal))
}

export function addExternalId(program: Command, terminal: Terminal): void {
  program
    .command('external-id')
    .description('make a new external id for a role, before the role exists')
    .addOption(jsonOption('print one JSON document'))
    .action((options: { json: boolean }) => externalId(options, terminal))
}
