import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The project's cache of downloads; git ignores it and it may be deleted at any time. */
export const cacheFolder = join(import.meta.dirname, '..', '..', '.cache')

/** Pinned: what this plugin does must not change under us either. */
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

/** A download that takes longer has hung: it took 5 to 15 s when measured. */
const downloadTimeoutMs = 5 * 60_000

const underway = new Map<string, Promise<string>>()

/**
 * The folder with the jars of `server` (`connect-clients` are programs that ask ours), as its `pom.xml` pins them. Downloaded by Maven the first time and kept when every
 * jar has the SHA-512 that `jars.sha512` records; rejects when one differs, is missing or is too many.
 * Any number of processes may ask at once: each downloads beside the cache, the first one to finish moves its folder in.
 */
export function jarsFolder(server: 'kafka' | 's3proxy' | 'connect-clients'): Promise<string> {
  const found = underway.get(server) ?? findOrDownload(server)
  underway.set(server, found)
  return found
}

async function findOrDownload(server: string): Promise<string> {
  const definition = join(import.meta.dirname, server)
  const checksums = await readFile(join(definition, 'jars.sha512'), 'utf8')
  const version = createHash('sha256').update(checksums).digest('hex').slice(0, 12)
  const folder = join(cacheFolder, 'servers', `${server}-${version}`)
  if (!existsSync(folder)) await download(definition, checksums, folder)
  return folder
}

async function download(definition: string, checksums: string, folder: string): Promise<void> {
  const incoming = `${folder}.${randomUUID()}.part`
  await mkdir(incoming, { recursive: true })
  try {
    await runMaven(['-f', join(definition, 'pom.xml'), copyDependencies, `-DoutputDirectory=${incoming}`])
    await verify(incoming, checksums)
    await rename(incoming, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
}

async function runMaven(args: string[]): Promise<void> {
  try {
    await promisify(execFile)('mvn', ['-B', '-q', '-ntp', ...args], { timeout: downloadTimeoutMs })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error('Maven is missing: install it (Debian: apt-get install maven)', { cause: error })
    }
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`Maven could not download the jars:\n${stdout}${stderr}`, { cause: error })
  }
}

async function verify(folder: string, checksums: string): Promise<void> {
  const expected = new Map(checksums.trimEnd().split('\n').map(splitChecksumLine))
  const found = await readdir(folder)
  for (const jar of new Set([...expected.keys(), ...found])) {
    const actual = found.includes(jar) ? await sha512(join(folder, jar)) : 'missing'
    if (actual !== expected.get(jar))
      throw new Error(`${jar}: SHA-512 is ${actual}, not ${expected.get(jar) ?? 'known'}`)
  }
}

/** A line of `sha512sum`: checksum, two blanks, file name. */
function splitChecksumLine(line: string): [jar: string, checksum: string] {
  const [checksum = '', jar = ''] = line.split('  ')
  return [jar, checksum]
}

async function sha512(file: string): Promise<string> {
  return createHash('sha512')
    .update(await readFile(file))
    .digest('hex')
}
