import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { stringify } from 'yaml'
import type { PipelineTask } from './pipeline-task.js'

const project = join(import.meta.dirname, '..', '..')
export const schemasFolder = join(project, 'schemas')
/** Inside the project, so that programs in it find `node_modules`. */
export const benchFolder = join(project, '.cache', 'bench')

const bare = new URL('./bare.ts', import.meta.url)
const obvious = new URL('./obvious.ts', import.meta.url)

/** One of the programs that are compared. */
export interface Pipeline {
  letter: 'a' | 'b' | 'c'
  name: string
  /** Whether it writes objects. */
  delivers: boolean
  /** Node's arguments for a run. */
  prepare(task: PipelineTask): Promise<string[]>
}

export const pipelines: readonly Pipeline[] = [
  { letter: 'a', name: 'bare kafkajs', delivers: false, prepare: (task) => prepareProgram(bare, task) },
  { letter: 'b', name: 'obvious pipeline', delivers: true, prepare: (task) => prepareProgram(obvious, task) },
  { letter: 'c', name: 'Millrace', delivers: true, prepare: prepareMillrace },
]

/** Compiled to plain JavaScript first: a TypeScript loader in the measured process would cost CPU and memory. */
async function prepareProgram(program: URL, task: PipelineTask): Promise<string[]> {
  const source = await readFile(program, 'utf8')
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }
  const file = join(benchFolder, basename(program.pathname, '.ts') + '.mjs')
  await writeFile(file, ts.transpileModule(source, { compilerOptions }).outputText)
  return [file, JSON.stringify(task)]
}

async function prepareMillrace(task: PipelineTask): Promise<string[]> {
  const { brokers, topic, name, s3 } = task
  await mkdir(join(benchFolder, 'keys'), { recursive: true })
  await writeFile(join(benchFolder, 'keys', 'access-key-id'), s3.accessKeyId)
  await writeFile(join(benchFolder, 'keys', 'secret-access-key'), s3.secretAccessKey)
  const account = { accessKeyId: 'file:keys/access-key-id', secretAccessKey: 'file:keys/secret-access-key' }
  const destination = { type: 's3', account: 'bench', bucket: name, region: 'us-east-1', endpoint: s3.endpoint }
  const configuration = {
    kafka: { brokers },
    // The budget for which the goal of 400 MB is set; no HTTP: two runs at once would need two ports.
    service: { memory: '256MiB', http: false, log: { level: 'warn' } },
    accounts: { bench: { type: 'aws', ...account } },
    connectors: { [name]: { topics: [topic], destination, files: { codec: 'deflate' } } },
  }
  const file = join(benchFolder, 'millrace.yaml')
  await writeFile(file, stringify(configuration))
  return [join(project, 'dist', 'main.js'), 'run', '--once', '--config', file]
}
