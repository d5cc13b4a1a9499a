import type { Command } from 'commander'
import { sendTest, type SendTestOptions } from '../send-test.js'
import type { Terminal } from '../terminal.js'
import { configOption, jsonOption, type CommandResult } from './options.js'

const ABOUT_TEST_EVENTS = `
Test events can be told by their id, millrace-test-<uuid>, by the text "millrace test event" in their string fields, and
by the names of their objects, which no real event's object has: …+test=event+0+<Unix ms>.avro. They lie in the folders
of the connector, under the current hour. In an event hub their property kafka_topic is test=event.`

export function addSendTest(program: Command, terminal: Terminal, result: CommandResult): void {
  program
    .command('send-test')
    .description('write one placeholder event of each selected type to the destination')
    .argument('<connector>')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', ABOUT_TEST_EVENTS)
    .action(async (connector: string, options: SendTestOptions) => {
      result.exitCode = await sendTest(connector, options, terminal)
    })
}
