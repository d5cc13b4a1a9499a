import type { Command } from 'commander'
import { listDrops, type DropFilter, type DropsOptions } from '../drops/list.js'
import { showDrop } from '../drops/show.js'
import type { Terminal } from '../terminal.js'
import { configOption, jsonOption, type CommandResult } from './options.js'

export function addDrops(program: Command, terminal: Terminal, result: CommandResult): void {
  const drops = program
    .command('drops')
    .description('events that were given up, by the 48-hour rule or because Kafka had removed them')
    .helpCommand(false)
  const command = (usage: string, description: string) =>
    drops.command(usage).description(description).addOption(configOption()).addOption(jsonOption())
  command('list', 'every entry of the drop ledger, newest last')
    .option('--connector <name>', 'only of this connector')
    .option('--reason <reason>', 'only with this reason: credentials or retention')
    .action(async (options: DropsOptions & DropFilter) => {
      result.exitCode = await listDrops(options, terminal)
    })
  command(
    'show <id>',
    'one entry in full, what Kafka still has of it, and how to replay it; six characters of an id do',
  ).action(async (id: string, options: DropsOptions) => {
    result.exitCode = await showDrop(id, options, terminal)
  })
}
