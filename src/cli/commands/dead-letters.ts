import type { Command } from 'commander'
import { replayDeadLetters, type ReplayOptions } from '../dead-letter-replay.js'
import { listDeadLetters, showDeadLetter, type DeadLettersOptions, type LetterFilter } from '../dead-letters.js'
import type { Terminal } from '../terminal.js'
import { configOption, jsonOption, patienceOption, type CommandResult } from './options.js'

const ABOUT_REPLAY = `
A replayed event becomes an object of its own: <the connector's folder>/…+<partition>+<offset>.avro, in the hour in which
the event was queued. Doing it again, after a crash too, writes the same bytes to the same key. In a stream it becomes a
record behind those that are there; doing it again after a crash may write it again. Letters that are still not
deliverable stay as they are and are printed with the reason; exit code 1 then.`

export function addDeadLetters(program: Command, terminal: Terminal, result: CommandResult): void {
  const letters = program
    .command('dead-letters')
    .description('events that could not be delivered: see why, deliver them after all')
    .helpCommand(false)
  const command = (usage: string, description: string) =>
    letters.command(usage).description(description).addOption(configOption()).addOption(jsonOption())
  const filtered = (usage: string, description: string) =>
    command(usage, description)
      .option('--connector <name>', 'only of this connector')
      .option('--reason <code>', 'only with this reason, such as UNKNOWN_EVENT_TYPE')
  filtered('list', 'every dead letter, without the event itself').action(
    async (options: DeadLettersOptions & LetterFilter) => {
      result.exitCode = await listDeadLetters(options, terminal)
    },
  )
  command('show <id>', 'one dead letter with headers, key and value of its event').action(
    async (id: string, options: DeadLettersOptions) => {
      result.exitCode = await showDeadLetter(id, options, terminal)
    },
  )
  filtered('replay', 'deliver the events that are deliverable now, after a schema was added, say')
    .option('--id <id>', 'only this one')
    .option('--dry-run', 'only tell what would be delivered', false)
    .addOption(patienceOption())
    .addHelpText('after', ABOUT_REPLAY)
    .action(async (options: ReplayOptions) => {
      result.exitCode = await replayDeadLetters(options, terminal)
    })
}
