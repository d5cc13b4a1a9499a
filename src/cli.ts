import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { addAdd } from './cli/commands/add.js'
import { addExternalId, addPolicy, addTest } from './cli/commands/checks.js'
import { addDeadLetters } from './cli/commands/dead-letters.js'
import { addDrops } from './cli/commands/drops.js'
import { configOption, jsonOption, type CommandResult } from './cli/commands/options.js'
import { addOperations } from './cli/commands/operate.js'
import { addReplay } from './cli/commands/replay.js'
import { addSendTest } from './cli/commands/send-test.js'
import { addStatus } from './cli/commands/status.js'
import { inspect } from './cli/inspect.js'
import { checkParts, loadCatalogueFor } from './cli/project.js'
import { run, type RunOptions } from './cli/run.js'
import { readS3Object, type S3Options } from './cli/s3-objects.js'
import { checkSchemas, exportSchemas, listSchemas, showSchema, showSchemaOf } from './cli/schemas.js'
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
  millrace status                               what needs attention first, then all connectors as a table
  millrace status acme-archive --watch          one of them with everything about it, as it changes
  millrace pause acme-archive                   holds over restarts; then resume; and probe, flush
  millrace add                                  a new connector, asked for step by step, tested before it is written
  millrace test acme-archive                    whether it could deliver now, and what to mend if not
  millrace policy acme-archive                  the least rights it needs, filled in
  millrace send-test acme-archive               a placeholder event of each type, to the destination
  millrace dead-letters list                    events that could not be delivered, and why
  millrace drops list                           events that were given up, and why
  millrace replay --drop 3f9a1c                 deliver them after all, while Kafka has them
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

function commands(terminal: Terminal, result: CommandResult): Command {
  const program = new Command('millrace')
    .description('Forwards engagement events from Kafka to the storage and streams of the customer who owns them.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .addHelpText('after', EXAMPLES)
  addRun(program, terminal, result)
  addStatus(program, terminal, result)
  addOperations(program, terminal, result)
  addValidate(program, terminal, result)
  addInspect(program, terminal, result)
  addSchemas(program, terminal, result)
  addTest(program, terminal, result)
  addPolicy(program, terminal)
  addExternalId(program, terminal)
  addDeadLetters(program, terminal, result)
  addDrops(program, terminal, result)
  addReplay(program, terminal, result)
  addSendTest(program, terminal, result)
  addAdd(program, terminal, result)
  return program
}

function addRun(program: Command, terminal: Terminal, result: CommandResult): void {
  program
    .command('run')
    .description('run the service: every enabled connector, or one')
    .addOption(configOption())
    .option('--connector <name>', 'only this connector')
    .option('--once', 'deliver what is there now, then exit')
    .addOption(jsonOption('when it ends, print one JSON document'))
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

function addInspect(program: Command, terminal: Terminal, result: CommandResult): void {
  program
    .command('inspect')
    .description('show what a delivered object holds: offsets, codec, count, schema, first and last event')
    .argument('<file>', 'a file, s3://bucket/key, or - for standard input')
    .addOption(configOption())
    .addOption(jsonOption('print every event as a line of JSON'))
    .option('--endpoint <url>', 'for s3://, when no connector of the configuration names the bucket')
    .option('--region <region>', 'likewise')
    .action(async (file: string, options: S3Options & { json: boolean }) => {
      const readS3 = (uri: string) => readS3Object(uri, options, terminal)
      result.exitCode = await inspect(file, { terminal, json: options.json, readS3 })
    })
}

interface SchemasOptions {
  config: string
  json: boolean
}

function addSchemas(program: Command, terminal: Terminal, result: CommandResult): void {
  const schemas = program.command('schemas').description('the event types and their Avro schemas').helpCommand(false)
  const command = (usage: string, description: string) =>
    schemas
      .command(usage)
      .description(description)
      .addOption(configOption())
      .addOption(jsonOption('print one JSON document'))
  const parts = async ({ config, json }: SchemasOptions) => {
    return { catalogue: await loadCatalogueFor(config, terminal), terminal, json }
  }
  command('list', 'every event type with its schema ids').action(async (options: SchemasOptions) => {
    result.exitCode = listSchemas(await parts(options))
  })
  command('show [type]', "an event type's schema, the newest unless told; or the one with a fingerprint")
    .option('--id <schema id>', 'this version', schemaIdOf)
    .option('--fingerprint <hex>', 'the schema of a record: its 8 bytes behind C3 01')
    .action(async (type: string | undefined, options: SchemasOptions & { id?: number; fingerprint?: string }) => {
      const { id, fingerprint } = options
      if ((type === undefined) === (fingerprint === undefined))
        throw new MillraceError('USAGE', 'schemas show: name an event type, or --fingerprint')
      const shown = await parts(options)
      if (fingerprint !== undefined) result.exitCode = showSchemaOf(fingerprint, shown)
      else if (type !== undefined) result.exitCode = showSchema(type, id, shown)
    })
  command(
    'export <folder>',
    'write every version of every schema as <event type>/<schema id>.avsc, and fingerprints.json',
  ).action(async (folder: string, options: SchemasOptions) => {
    result.exitCode = await exportSchemas(folder, await parts(options))
  })
  command('check <old> <new>', 'whether the schema in one file may follow that in another, and why not').action(
    async (older: string, newer: string, { json }: SchemasOptions) => {
      result.exitCode = await checkSchemas(older, newer, { terminal, json })
    },
  )
}

function schemaIdOf(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Schema ids are whole numbers from 1.')
}
