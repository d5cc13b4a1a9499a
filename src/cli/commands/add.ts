import { Option, type Command } from 'commander'
import { DESTINATION_TYPES } from '../../destinations/registry.js'
import { add, type AddOptions } from '../add.js'
import { UNKNOWN_PRINCIPAL } from '../policy.js'
import type { Terminal } from '../terminal.js'
import { configOption, jsonOption, waitOption, type CommandResult } from './options.js'

const ABOUT_ADD = `
In a terminal it asks for what the options do not say, and looks at the connector live before anything is written. Without
a terminal, or with --yes, it asks nothing: what is missing is told at once. A <reference> is env:NAME or file:path.

Exit code 3: a check failed, nothing was written; 1: cancelled, nothing was written.`

export function addAdd(program: Command, terminal: Terminal, result: CommandResult): void {
  program
    .command('add')
    .description('add a connector to the configuration file, guided or by options, tested before it is written')
    .argument('[connector]', 'name of the new connector')
    .addOption(configOption())
    .addOption(jsonOption())
    .addOption(new Option('--type <type>', 'where the events go').choices(DESTINATION_TYPES))
    .option('--brokers <list>', 'host:port of Kafka, where the file does not say it yet')
    .option('--topic <name>', 'Kafka topic to read; may be given again', collected)
    .option('--event <pattern>', 'event type or pattern; may be given again (default: all)', collected)
    .option('--description <text>', 'for people')
    .option('--contact <address>', 'who is told when it fails')
    .option('--bucket <name>', 's3: an existing bucket')
    .option('--stream <name>', 'kinesis: an existing stream')
    .option('--event-hub <name>', 'event-hubs: an existing event hub')
    .option('--region <region>', 's3, kinesis: region of the bucket or stream')
    .option('--endpoint <url>', 's3, kinesis: address of a compatible server')
    .option('--allow-http', 's3, kinesis: the endpoint may be plain HTTP on another machine')
    .addOption(new Option('--encryption <kind>', 's3: server-side encryption').choices(['none', 'AES256']))
    .option('--path <folder>', 'folder: where it lies')
    .option('--folder <path>', 's3, folder: folder inside the bucket or path')
    .option('--partition-key <field>', 'kinesis, event-hubs: within which order is kept; a field, kafka-key or random')
    .addOption(new Option('--record-format <format>', 'kinesis, event-hubs: of a record').choices(['avro', 'json']))
    .addOption(new Option('--aggregation <kind>', 'kinesis: events in one record').choices(['none', 'kpl']))
    .addOption(new Option('--transport <kind>', 'event-hubs: how it is reached').choices(['amqp', 'websockets']))
    .option('--account <name>', 'an account of the file')
    .option('--new-account <name>', 'a new account, with the credentials below')
    .option('--machine-identity', "new account: the machine's own identity")
    .option('--access-key-id <reference>', 'new account of AWS: access key')
    .option('--secret-access-key <reference>', 'new account of AWS: secret of the access key')
    .option('--session-token <reference>', 'new account of AWS: only with temporary keys')
    .option('--role-arn <arn>', 'new account of AWS: role to assume')
    .option('--external-id <id>', 'new account of AWS: external id the trust policy of the role asks for')
    .option('--sts-endpoint <url>', 'new account of AWS: address of the STS')
    .option('--connection-string <reference>', 'new account of event-hubs: of the namespace or the event hub')
    .option('--namespace <host>', 'new account of event-hubs: with Entra ID, host name of the namespace')
    .option('--tenant-id <id>', 'new account of event-hubs: with an application, its directory')
    .option('--client-id <id>', 'new account of event-hubs: with an application, its id')
    .option('--client-secret <reference>', 'new account of event-hubs: with an application, its secret')
    .option('--principal <arn>', 'for the trust policy that is shown: the identity Millrace runs as', UNKNOWN_PRINCIPAL)
    .option('--launch, --enabled', 'it runs from the next start of millrace run')
    .option('--save', 'it is saved for later, not launched')
    .option('--skip-test', 'add it without looking at it live', false)
    .addOption(waitOption())
    .option('--yes', 'ask nothing', false)
    .addHelpText('after', ABOUT_ADD)
    .action(async (connector: string | undefined, options: AddOptions) => {
      result.exitCode = await add(connector, options, terminal)
    })
}

const collected = (value: string, values: readonly string[] = []): string[] => [...values, value]
