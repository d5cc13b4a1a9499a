import { Command, CommanderError, Option } from 'commander'
import { run, type RunOptions } from './cli/run.js'
import { checkParts } from './cli/project.js'
import type { ExitCode, Terminal } from './cli/terminal.js'
import { validate } from './cli/validate.js'
import { version } from './cli/version.js'
import { MillraceError, type ErrorCode } from './runtime/errors.js'

/** Errors of these codes are mistakes of the caller: exit 2 (operations.md). Others are trouble at run time: exit 1. */
const CALLERS_MISTAKES: readonly ErrorCode[] = ['CONFIGURATION', 'USAGE', 'SCHEMA']

const EXAMPLES = `
Examples:
  millrace validate -c millrace.yaml            every mistake in the configuration at once
  millrace run                                  every enabled connector of ./millrace.yaml, until SIGTERM
  millrace run --connector acme-archive --once  deliver what is there now, then exit
  millrace schemas list                         the event types and their schema ids
  millrace inspect out/currents/…/x.avro        what a delivered object holds
  millrace inspect --json - < x.avro            its events, a line of JSON each

Exit codes: 0 ok, 1 trouble at run time, 2 a mistake in configuration or usage, 3 a check failed, 4 attention needed.`

/** Runs one command; resolves to the process's exit code. Everything it says goes through `terminal`. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const result: CommandResult = { exitCode: 0 }
  try {
    await commands(terminal, result).parseAsync([...args], { from: 'user' })
    return result.exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof MillraceError)) throw error
    terminal.err(`millrace: ${error.message}`)
    return CALLERS_MISTAKES.includes(error.code) ? 2 : 1
  }
}

interface CommandResult {
  exitCode: ExitCode
}

function commands(terminal: Terminal, result: CommandResult): Command {
  const program = new Command('millrace')
    .description('Forwards engagement events from Kafka to the storage of the customer who owns them, each exactly once.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text.trimEnd()), writeErr: (text) => terminal.err(text.trimEnd()) })
    .addHelpText('after', EXAMPLES)
  addRun(program, terminal, result)
  addValidate(program, terminal, result)
  return program
}

const configOption = () => new Option('-c, --config <file>', 'configuration file').default('millrace.yaml')
const jsonOption = (what: string) => new Option('--json', what).default(false)

function addRun(program: Command, terminal: Terminal, result: CommandResult): void {
  program
    .command('run')
    .description('run the service: every enabled connector, or one')
    .addOption(configOption())
    .option('--connector <name>', 'only this connector')
    .option('--once', 'deliver what is there now, then exit')
    .action(async (options: RunOptions) => {
      result.exitCode = await run(options, terminal)
    })
}

function addValidate(program: Command, terminal: Terminal, result: CommandResult): void {
  program
    .command('validate')
    .description('check configuration, schemas and secret references, without touching the network')
    .addOption(configOption())
    .addOption(jsonOption('print one JSON document'))
    .action(async ({ config, json }: { config: string; json: boolean }) => {
      const { exitCode, output } = await validate(config, { ...checkParts(terminal), json })
      output.forEach((line) => terminal.out(line))
      result.exitCode = exitCode
    })
}
