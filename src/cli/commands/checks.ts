import type { Command } from 'commander'
import { externalId } from '../external-id.js'
import { policy, UNKNOWN_PRINCIPAL, type PolicyOptions } from '../policy.js'
import type { Terminal } from '../terminal.js'
import { test, type TestOptions } from '../test.js'
import { configOption, jsonOption, waitOption, type CommandResult } from './options.js'

export function addTest(program: Command, terminal: Terminal, result: CommandResult): void {
  program
    .command('test')
    .description(
      'look at everything a connector needs, live: credentials, rights, destination, Kafka, retention, schemas',
    )
    .argument('[connector]', 'all of them unless told')
    .addOption(configOption())
    .addOption(jsonOption('print one JSON document'))
    .addOption(waitOption())
    .action(async (connector: string | undefined, options: TestOptions) => {
      result.exitCode = await test(connector, options, terminal)
    })
}

export function addPolicy(program: Command, terminal: Terminal): void {
  program
    .command('policy')
    .description(
      'print the least rights a connector needs: IAM and trust policy, or right on the event hub; Kafka ACLs',
    )
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
    // Not read: scripts give every command the same options.
    .addOption(configOption())
    .addOption(jsonOption('print one JSON document'))
    .action((options: { json: boolean }) => externalId(options, terminal))
}
