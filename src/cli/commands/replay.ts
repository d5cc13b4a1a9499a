import { InvalidArgumentError, type Command } from 'commander'
import { replay, type ReplayOptions } from '../drops/replay.js'
import type { Terminal } from '../terminal.js'
import { configOption, jsonOption, patienceOption, type CommandResult } from './options.js'

const ABOUT_REPLAY = `
A drop is delivered exactly as it would have been: the same objects, whatever is configured by now for folder and codec.
Doing it again, after a crash too, writes the same bytes to the same keys. It works beside a running connector. In a
stream they become records behind those that are there, in order per key; doing it again writes them again.

Examples:
  millrace replay --drop 3f9a1c --dry-run       what would be written
  millrace replay --all --connector acme        everything of a connector that is not replayed yet
  millrace replay --topic events.acme --partition 0 --from 100 --to 250`

export function addReplay(program: Command, terminal: Terminal, result: CommandResult): void {
  program
    .command('replay')
    .description('deliver dropped events after all, while Kafka still has them')
    .addOption(configOption())
    .addOption(jsonOption())
    .option('--drop <id>', 'this entry of the drop ledger; may be given several times', collect, [])
    .option('--all', 'every entry that is not replayed yet', false)
    .option('--connector <name>', 'with --all and with --topic: of this connector')
    .option('--topic <topic>', 'these offsets, both included, whether recorded as dropped or not')
    .option('--partition <number>', 'with --topic', wholeNumber)
    .option('--from <offset>', 'with --topic: the first offset', wholeNumber)
    .option('--to <offset>', 'with --topic: the last offset', wholeNumber)
    .option('--partial', 'where Kafka has removed a part, deliver what is left', false)
    .option('--dry-run', 'only tell what would be written', false)
    .addOption(patienceOption())
    .addHelpText('after', ABOUT_REPLAY)
    .action(async (options: ReplayOptions) => {
      result.exitCode = await replay(options, terminal)
    })
}

const collect = (id: string, before: string[]) => [...before, id]

function wholeNumber(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number
  throw new InvalidArgumentError('Write a whole number from 0.')
}
