import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../../scripts/servers/jars.js'

/** An Avro implementation that has nothing in common with ours. */
const fastavro = 'fastavro==1.12.1'

const execFileAsync = promisify(execFile)

/** Rows of a long table fit; what a script prints beyond that is a mistake. */
const maxOutputBytes = 256 * 1024 * 1024

/**
 * Runs a Python script that may import fastavro, with `args` as its `sys.argv[1:]`; resolves to what it printed.
 * The package is installed into the cache the first time.
 */
export async function runPython(script: string, args: string[] = []): Promise<string> {
  return runPythonWith([fastavro], ['-c', script, ...args])
}

/**
 * Runs Python with these arguments, a file or `-c` first, where these packages can be imported; resolves to what it
 * printed. `env`: what it has beside the environment of this process; folders of a `PYTHONPATH` come first.
 */
export async function runPythonWith(
  requirements: readonly string[],
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const packages = await pythonPackages(requirements)
  const PYTHONPATH = [...(env['PYTHONPATH'] ? [env['PYTHONPATH']] : []), ...packages].join(':')
  const { stdout } = await execFileAsync('python3', args, {
    env: { ...process.env, ...env, PYTHONPATH },
    maxBuffer: maxOutputBytes,
  })
  return stdout
}

/** Folders for PYTHONPATH with these packages: see `pythonPackage`. */
export async function pythonPackages(requirements: readonly string[]): Promise<string[]> {
  const folders: string[] = []
  // One after the other: each is a process that needs a core.
  for (const requirement of requirements) folders.push(await pythonPackage(requirement))
  return folders
}

/** Rejects, saying what to install, unless Python 3 with pip is there. */
export async function requirePython(): Promise<void> {
  await execFileAsync('python3', ['-m', 'pip', '--version']).catch((error: unknown) => {
    throw new Error('Python 3 or its pip is missing: install them (Debian: apt-get install python3-pip)', {
      cause: error,
    })
  })
}

/**
 * A folder for PYTHONPATH with the package, such as `fastavro==1.12.1`, and what it needs. Installed into the cache the
 * first time: beside it at first, then moved in, since several test files may ask at once.
 */
export async function pythonPackage(requirement: string): Promise<string> {
  const folder = join(cacheFolder, `python-${requirement.replace(/[^\w.]+/g, '-')}`)
  if (existsSync(folder)) return folder
  const incoming = `${folder}.${randomUUID()}.part`
  await mkdir(cacheFolder, { recursive: true })
  try {
    await execFileAsync('python3', ['-m', 'pip', 'install', '--quiet', '--target', incoming, requirement])
    await rename(incoming, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
    return folder
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
}
