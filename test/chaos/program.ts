import { execFile } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const project = resolve(import.meta.dirname, '../..')

/**
 * Resolves to the path of `main.js`, built from the sources as they are now. `npm test` has built `dist` and says so; else
 * what is there may be older, and may change while the test runs.
 */
export async function buildProgram(): Promise<string> {
  if (process.env['MILLRACE_TEST_BUILT'] === 'true') return join(project, 'dist', 'main.js')
  const home = join(project, '.cache', 'chaos-program')
  await mkdir(home, { recursive: true })
  // The program looks for these beside the folder it lies in.
  for (const name of ['assets', 'schemas', 'package.json']) await link(join(project, name), join(home, name))
  const out = join(home, 'dist')
  const tsc = join(project, 'node_modules', 'typescript', 'bin', 'tsc')
  const incremental = ['--incremental', '--tsBuildInfoFile', join(home, 'tsconfig.tsbuildinfo')]
  await promisify(execFile)(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', out, ...incremental], {
    cwd: project,
  }).catch((error: unknown) => {
    const { stdout = '' } = error as { stdout?: string }
    throw new Error(`the program does not compile:\n${stdout}`, { cause: error })
  })
  return join(out, 'main.js')
}

async function link(target: string, path: string): Promise<void> {
  await symlink(target, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}
