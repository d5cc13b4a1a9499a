import { MillraceError } from '../runtime/errors.js'
import { hasMembers } from './api-client.js'
import { clientOf } from './instance-address.js'
import { connectorNamed, loadProject } from './project.js'
import { printable } from './table.js'
import type { ExitCode, Terminal } from './terminal.js'

export interface OperateOptions {
  config: string
  /** Of the instance to ask, instead of the configured one. */
  url?: string
  json: boolean
}

/** Why each needs a running instance, and what to do where none runs. */
const WITHOUT_INSTANCE = {
  pause:
    'pause holds over restarts, but needs a running instance: start one with "millrace run" and pause again, or set enabled: false and the connector does not start',
  resume: 'resume needs a running instance: start one with "millrace run" and resume then',
  probe:
    'nothing is waiting to be tried again where nothing runs: "millrace run" tries at once, "millrace test" only looks',
  flush: 'nothing is buffered where nothing runs: "millrace run --once" delivers what is in Kafka now',
} as const

export type Operation = keyof typeof WITHOUT_INSTANCE

/**
 * Asks a running instance to do it, on behalf of all that run the connector; says what happens now. Throws `MillraceError`:
 * `USAGE` for a connector that there is not or that is not launched, `CONFIGURATION` for a refused token, `NO_INSTANCE` when
 * none answers, `INSTANCE_FAILED` when it cannot, with its reason.
 */
export async function operate(
  operation: Operation,
  connector: string,
  options: OperateOptions & { terminal: Terminal },
): Promise<ExitCode> {
  const { config, url, json, terminal } = options
  const project = await loadProject(config, terminal)
  try {
    const path = `api/v1/connectors/${encodeURIComponent(connector)}/${operation}`
    const answer = await clientOf(project, url, terminal.stop).post(path, isDone)
    terminal.out(json ? JSON.stringify(answer, null, 2) : printable(answer.message))
    return 0
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'NO_INSTANCE') throw error
    connectorNamed(project.configuration, connector)
    throw new MillraceError('NO_INSTANCE', `${error.message}: ${WITHOUT_INSTANCE[operation]}`)
  }
}

const isDone = (body: unknown): body is { message: string } =>
  hasMembers(body, 'message') && typeof body.message === 'string'
