import type { Command } from 'commander'
import { operate, type OperateOptions, type Operation } from '../operate.js'
import type { Terminal } from '../terminal.js'
import { configOption, jsonOption, urlOption, type CommandResult } from './options.js'

const DESCRIPTIONS: Readonly<Record<Operation, string>> = {
  pause: 'deliver what was read, then neither read, write, probe nor drop, over restarts too, until resume',
  resume: 'go on with a paused connector from where it was',
  probe: 'try now what waits for a retry or a probe',
  flush: 'deliver what is buffered now',
}

const ABOUT_OPERATIONS = `
Needs a running instance (service.http, --url); every instance that runs the connector does it.`

/** `pause`, `resume`, `probe` and `flush`. */
export function addOperations(program: Command, terminal: Terminal, result: CommandResult): void {
  for (const [operation, description] of Object.entries(DESCRIPTIONS) as [Operation, string][]) {
    program
      .command(operation)
      .description(description)
      .argument('<connector>')
      .addOption(configOption())
      .addOption(urlOption())
      .addOption(jsonOption())
      .addHelpText('after', ABOUT_OPERATIONS)
      .action(async (connector: string, options: OperateOptions) => {
        result.exitCode = await operate(operation, connector, { ...options, terminal })
      })
  }
}
