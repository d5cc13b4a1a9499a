import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { millraceArguments, project } from './millrace.js'
import type { PipelineTask } from './pipeline-task.js'

export const schemasFolder = join(project, 'schemas')
/** Inside the project, so that programs in it find `node_modules`. */
export const benchFolder = join(project, '.cache', 'bench')

/** One of the programs that are compared. */
export interface Pipeline {
  letter: string
  name: string
  /** Where it writes; null: nowhere. */
  to: 's3' | 'kinesis' | 'eventHubs' | null
  /** Records of a stream go by their `user_id`. */
  keyed: boolean
  /** Of Millrace: what one would write instead, and how much of its CPU Millrace may use. */
  goal?: { obvious: string; maxRatio: number }
  /** Node's arguments for a run. */
  prepare(task: PipelineTask): Promise<string[]>
}

const bare = (task: PipelineTask) => prepareProgram('bare', task)
const obvious = (task: PipelineTask) => prepareProgram('obvious', task)
const obviousKinesis = (task: PipelineTask) => prepareProgram('obvious-kinesis', task)
const obviousEventHubs = (task: PipelineTask) => prepareProgram('obvious-event-hubs', task)

/** Goals of issues 3 (objects) and 5 (streams). */
export const pipelines: readonly Pipeline[] = [
  { letter: 'a', name: 'bare kafkajs', to: null, keyed: false, prepare: bare },
  { letter: 'b', name: 'obvious, S3', to: 's3', keyed: false, prepare: obvious },
  millrace('c', 'S3', { to: 's3', keyed: false, goal: { obvious: 'b', maxRatio: 0.75 } }),
  { letter: 'd', name: 'obvious, Kinesis', to: 'kinesis', keyed: true, prepare: obviousKinesis },
  millrace('e', 'Kinesis', { to: 'kinesis', keyed: true, goal: { obvious: 'd', maxRatio: 1 } }),
  { letter: 'f', name: 'obvious, Event Hubs', to: 'eventHubs', keyed: true, prepare: obviousEventHubs },
  millrace('g', 'Event Hubs', { to: 'eventHubs', keyed: true, goal: { obvious: 'f', maxRatio: 1 } }),
  { letter: 'h', name: 'obvious, Event Hubs without keys', to: 'eventHubs', keyed: false, prepare: obviousEventHubs },
  millrace('i', 'Event Hubs without keys', { to: 'eventHubs', keyed: false, goal: { obvious: 'h', maxRatio: 1 } }),
]

function millrace(
  letter: string,
  name: string,
  parts: Pick<Pipeline, 'keyed' | 'goal'> & { to: 's3' | 'kinesis' | 'eventHubs' },
): Pipeline {
  const prepare = (task: PipelineTask) => millraceArguments(task, parts.to, benchFolder)
  return { ...parts, letter, name: `Millrace, ${name}`, prepare }
}

const programs = ['bare', 'obvious', 'obvious-kinesis', 'obvious-event-hubs', 'obvious-records', 'read-to-end']

/** Compiled to plain JavaScript first: a TypeScript loader in the measured process would cost CPU and memory. */
async function prepareProgram(program: string, task: PipelineTask): Promise<string[]> {
  await mkdir(benchFolder, { recursive: true })
  await Promise.all(programs.map(compile))
  return [join(benchFolder, `${program}.js`), JSON.stringify(task)]
}

async function compile(program: string): Promise<void> {
  const source = await readFile(new URL(`./${program}.ts`, import.meta.url), 'utf8')
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }
  await writeFile(join(benchFolder, `${program}.js`), ts.transpileModule(source, { compilerOptions }).outputText)
}
