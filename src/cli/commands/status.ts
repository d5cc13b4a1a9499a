import type { Command } from 'commander'
import { systemClock } from '../../runtime/clock.js'
import { viewFromKafka } from '../../service/from-kafka.js'
import { status, type StatusOptions } from '../status.js'
import type { ReportsFromKafka } from '../status/sources.js'
import type { Terminal } from '../terminal.js'
import { version } from '../version.js'
import { configOption, jsonOption, urlOption, type CommandResult } from './options.js'

const reportsFromKafka: ReportsFromKafka = ({ configuration }) => viewFromKafka(configuration, version())

const ABOUT_STATUS = `
Asks a running instance (service.http, --url); where none answers, Kafka, which knows how far each connector is and what
instances have said of it. Standard error tells when it is Kafka. Exit code 4 when a connector needs attention.

Examples:
  millrace status                       what needs attention first, then all as a table
  millrace status acme-archive --watch  one connector with partitions, errors and timeline, as it changes
  millrace status --json | jq '.connectors[] | select(.needsAttention) | .name'`

export function addStatus(program: Command, terminal: Terminal, result: CommandResult): void {
  program
    .command('status')
    .description('how the connectors are: what needs attention, since when, what is at stake, what to do')
    .argument('[connector]', 'all of them unless told')
    .addOption(configOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .option('--watch', 'again every two seconds, in place on a terminal, until Ctrl-C', false)
    .addHelpText('after', ABOUT_STATUS)
    .action(async (connector: string | undefined, options: StatusOptions) => {
      result.exitCode = await status(connector, options, { terminal, clock: systemClock, reportsFromKafka })
    })
}
