import type { ConnectorState } from '../recorder.js'
import type { ConnectorReport, Problem } from '../report.js'
import type { ConnectorStateInfo, State, StateInfo } from './entities.js'

/**
 * The nearest that Kafka Connect has: what retries by itself runs, what needs a look has failed; what has not joined its
 * group, or is run by no process, has no worker. See docs/kafka-connect.md.
 */
const STATES: Readonly<Record<ConnectorState, State>> = {
  starting: 'UNASSIGNED',
  running: 'RUNNING',
  retrying: 'RUNNING',
  'credentials-failing': 'FAILED',
  dropping: 'FAILED',
  blocked: 'FAILED',
  paused: 'PAUSED',
  stopped: 'UNASSIGNED',
}

/** The state of a connector and of its tasks: one for every process that runs it, in the order of their names. */
export function connectorStatus(report: ConnectorReport, version: string): ConnectorStateInfo {
  const state = stateOf(report)
  const trace = state === 'FAILED' ? traceOf(report) : undefined
  const infoOf = (worker: string): StateInfo => ({ state, worker_id: worker, version, ...(trace && { trace }) })
  const tasks = [...report.instances].sort().map((instance, id) => ({ id, ...infoOf(instance) }))
  return { name: report.name, connector: infoOf(tasks[0]?.worker_id ?? ''), tasks, type: 'sink' }
}

/** As the answer to a restart shows what is going to be restarted. */
export function restarting(status: ConnectorStateInfo, { withTasks }: { withTasks: boolean }): ConnectorStateInfo {
  const tasks = withTasks ? status.tasks.map((task) => ({ ...task, state: 'RESTARTING' as const })) : status.tasks
  return { ...status, connector: { ...status.connector, state: 'RESTARTING' }, tasks }
}

/** Saved and not launched is what comes nearest to stopped by an operator. */
function stateOf({ state, enabled }: ConnectorReport): State {
  return state === 'stopped' && !enabled ? 'STOPPED' : STATES[state]
}

/**
 * Where consoles look for a stack trace: state and code, what is wrong, what to do, since when, until when. As of an
 * exception, Redpanda Console shows of the first line what stands behind the first colon.
 */
function traceOf({ state, problem, sinceMs, failing }: ConnectorReport): string {
  const { dropAtMs = null, kept = null } = failing ?? {}
  const lines = [
    `${state}: ${problem ? sentenceOf(problem) : 'the reason is not known yet.'}`,
    problem ? `What to do: ${problem.whatToDo}` : [],
    `Since: ${instant(failing?.sinceMs ?? sinceMs)}`,
    dropAtMs === null ? [] : `Events may be dropped after: ${instant(dropAtMs)}`,
    kept === null ? [] : `Events are kept: ${kept}`,
  ]
  return lines.flat().join('\n')
}

/** With its code, and a full stop: Redpanda Console leaves out lines that end like a method call. */
function sentenceOf({ code, message }: Problem): string {
  const sentence = message.startsWith(code) ? message : `${code}: ${message}`
  return sentence.endsWith('.') ? sentence : `${sentence}.`
}

const instant = (atMs: number) => new Date(atMs).toISOString()
