import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { describeWithServers } from '../support/describe-with-servers.js'
import { eventually } from '../support/eventually.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const project = join(import.meta.dirname, '..', '..')

/** A demo of 3,000 events takes 10 s when nothing else runs. */
const patienceMs = 200_000
const hasProcFolder = process.platform === 'linux'

describeWithServers('npm run demo', ['java'], () => {
  it('delivers everything, counts it from the objects, and leaves no process behind', async () => {
    const demo = await start(['--events', '3000'])

    expect(await demo.exitCode()).toBe(0)
    expect(demo.table()).toMatchObject({
      produced: '3,000',
      delivered: '2,988',
      'dead-lettered': '10   2 MISSING_FIELD, 3 NOT_JSON, 1 OVERSIZED, 2 UNKNOWN_EVENT_TYPE, 2 WRONG_TYPE',
      skipped: '2   tombstones: records with an empty value',
      missing: '0',
      duplicates: '0',
    })
    expect(await avroFiles(join(demo.folder, 's3', 'acme-currents'))).toHaveLength(Number(demo.table()['objects']))
    await demo.expectNobodyLeft()
  })

  it('keeps everything up until Ctrl-C, and then has delivered the new events, too', async () => {
    const demo = await start(['--events', '100', '--destination', 'folder', '--keep'])
    await demo.shows('Everything stays up')
    const first = Number(demo.table()['objects'])
    await eventually(async () => (await avroFiles(join(demo.folder, 'out'))).length > first, {
      timeoutMs: patienceMs,
      because: 'no new event has been delivered',
    })

    demo.interrupt()

    expect(await demo.exitCode()).toBe(0)
    const { produced, missing, duplicates, delivered } = demo.table()
    expect({ missing, duplicates, delivered }).toEqual({ missing: '0', duplicates: '0', delivered: produced })
    expect(Number(produced)).toBeGreaterThan(100)
    await demo.expectNobodyLeft()
  })

  // So many events that it cannot be over before the signal comes, whoever has to wait for a core.
  it.runIf(hasProcFolder).each([
    ['while the servers start', 'Millrace demo', '1000000'],
    ['while events are produced', '  servers  ', '1000000'],
    ['while the service runs', '  events  ', '100000'],
  ])('ends at Ctrl-C %s', async (_when, sign, events) => {
    const demo = await start(['--events', events])
    await demo.shows(sign)

    demo.interrupt()

    expect(await demo.exitCode()).toBe(130)
    expect(demo.output()).not.toContain('    at ')
    await demo.expectNobodyLeft()
  })

  it.runIf(hasProcFolder)('ends when its first process is killed', async () => {
    const demo = await start(['--events', '20000'])
    await demo.shows('  servers  ')

    demo.kill()

    await demo.expectNobodyLeft()
  })

  it('says what to install when Java or Docker is missing', async () => {
    const PATH = await temporaryFolder()
    const withoutJava = await start([], { PATH, JAVA_HOME: '' })
    expect(await withoutJava.exitCode()).toBe(1)
    expect(withoutJava.output()).toContain('Java is missing: install Java 17 or newer')

    const withoutDocker = await start(['--docker'], { PATH })
    expect(await withoutDocker.exitCode()).toBe(1)
    expect(withoutDocker.output()).toContain('No Docker engine answers')
  })

  it('refuses options it does not know', async () => {
    const demo = await start(['--event', '5'])
    expect(await demo.exitCode()).toBe(2)
    expect(demo.output()).toContain("Unknown option '--event'")
  })
})

it.runIf(hasProcFolder)('npm run demo ends at Ctrl-C while it installs what it needs', async () => {
  const fresh = await freshClone()
  const bin = await slowNpm()
  const demo = await start([], { PATH: `${bin}:${process.env.PATH}` }, fresh)
  await demo.shows('npm is busy')

  demo.interrupt()

  expect(await demo.exitCode()).toBe(130)
  await demo.expectNobodyLeft()
})

/** The scripts alone, as far as they must work with nothing installed. */
async function freshClone(): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'scripts'))
  const files = ['scripts/demo.mjs', 'scripts/process-group.mjs', 'scripts/bootstrap.mjs', 'package-lock.json']
  for (const file of files) await copyFile(join(project, file), join(folder, file))
  return folder
}

/** A folder with an npm that starts a process of its own and never ends. */
async function slowNpm(): Promise<string> {
  const bin = await temporaryFolder()
  await writeFile(join(bin, 'npm'), '#!/bin/sh\necho npm is busy\nsleep 600 &\nwait\n')
  await chmod(join(bin, 'npm'), 0o755)
  return bin
}

/** Starts the demo as a person would, but into a folder of its own. */
async function start(args: string[], env: Record<string, string> = {}, home = project): Promise<RunningDemo> {
  const demo = new RunningDemo(home, await temporaryFolder(), args, env)
  onTestFinished(() => demo.kill())
  return demo
}

class RunningDemo {
  private readonly child: ChildProcess
  private readonly exit: Promise<[number | null]>
  /** In the environment of every process of this demo, by which they are found. */
  private readonly mark = `MILLRACE_DEMO_TEST=${randomUUID()}`
  private text = ''

  constructor(
    home: string,
    readonly folder: string,
    args: string[],
    env: Record<string, string>,
  ) {
    const [name = '', value] = this.mark.split('=')
    this.child = spawn(process.execPath, [join(home, 'scripts', 'demo.mjs'), '--folder', folder, ...args], {
      env: { ...process.env, ...env, [name]: value },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.exit = once(this.child, 'close') as Promise<[number | null]>
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on('data', (data) => (this.text += data))
  }

  output(): string {
    return this.text
  }

  async exitCode(): Promise<number | null> {
    return (await this.exit)[0]
  }

  async shows(sign: string): Promise<void> {
    await eventually(() => this.text.includes(sign), { timeoutMs: patienceMs, because: `no "${sign}"` })
  }

  /** The rows of the last table. */
  table(): Record<string, string> {
    const rows = [...this.text.matchAll(/^ {2}([a-z-]+) +([\d.,].*)$/gm)]
    return Object.fromEntries(rows.map(([, label = '', text = '']) => [label, text]))
  }

  interrupt(): void {
    this.child.kill('SIGINT')
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }

  async expectNobodyLeft(): Promise<void> {
    if (!hasProcFolder) return
    // The servers are ended by a shell that has seen its parent vanish: a moment later.
    await eventually(async () => (await this.processes()).length === 0, { because: 'processes are left' })
  }

  private async processes(): Promise<string[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const environments = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')),
    )
    return pids.filter((_, n) => environments[n]!.split('\0').includes(this.mark))
  }
}

async function avroFiles(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.avro'))
}
