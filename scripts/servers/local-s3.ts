import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { jarsFolder } from './jars.js'
import { Jvm, requireJava } from './jvm.js'
import { freePorts } from './ports.js'

export interface S3Options {
  /** Keeps the objects here, over `stop` as well; a temporary folder unless told. */
  directory?: string
  /** Buckets to create at the start (3 to 63 characters, as S3 demands). */
  buckets?: string[]
}

const logbackFile = join(import.meta.dirname, 's3proxy', 'logback.xml')

const accessKeyId = 'millrace'
const secretAccessKey = 'millrace-secret'

/** It needs 2 to 3 s when nothing else runs. */
const readyTimeoutMs = 120_000
const pollIntervalMs = 50

/**
 * Starts S3Proxy as a local process on a free port of 127.0.0.1; resolves when it answers. It checks signatures,
 * checksums and preconditions as S3 does and keeps every object as a plain file: `directory/bucket/key`.
 * The process ends with this one, however it ends. Rejects, saying what to install, without Java or Maven.
 */
export async function startS3(options: S3Options = {}): Promise<LocalS3> {
  await requireJava()
  const jars = await jarsFolder('s3proxy')
  const home = await mkdtemp(join(tmpdir(), 'millrace-s3-'))
  const [port] = (await freePorts(1)) as [number]
  const s3 = new LocalS3({ jars, home, port, directory: options.directory ?? join(home, 'objects') })
  try {
    await s3.createBuckets(options.buckets ?? [])
    await s3.restart()
    return s3
  } catch (error) {
    await s3.stop()
    throw error
  }
}

interface S3Parts {
  jars: string
  home: string
  port: number
  directory: string
}

/** A running S3 server. Keeps its port and its objects over `kill` and `restart`. */
export class LocalS3 {
  readonly accessKeyId = accessKeyId
  readonly secretAccessKey = secretAccessKey
  readonly endpoint: string
  /** Holds a folder for each bucket; object keys are paths in there. */
  readonly directory: string
  private jvm: Jvm | undefined

  constructor(private readonly parts: S3Parts) {
    this.endpoint = `http://127.0.0.1:${parts.port}`
    this.directory = parts.directory
  }

  get pid(): number | undefined {
    return this.jvm?.isRunning ? this.jvm.pid : undefined
  }

  /** A bucket is a folder; those that exist are left alone. */
  async createBuckets(names: string[]): Promise<void> {
    await mkdir(this.directory, { recursive: true })
    for (const name of names) await mkdir(join(this.directory, name), { recursive: true })
  }

  /** kill -9; the objects stay. */
  async kill(): Promise<void> {
    await this.jvm?.kill()
  }

  /** Ends it in an orderly way if it runs, starts it on the same port and objects; resolves when it answers. */
  async restart(): Promise<void> {
    await this.jvm?.stop()
    const { jars, home } = this.parts
    const propertiesFile = join(home, 's3proxy.conf')
    await writeFile(propertiesFile, this.properties())
    this.jvm = await Jvm.start({
      jars,
      mainClass: 'org.gaul.s3proxy.Main',
      args: ['--properties', propertiesFile],
      // It buffers no objects; 128 MiB carried 64 MiB objects.
      heapMiB: 128,
      systemProperties: [`logback.configurationFile=${logbackFile}`],
      logFile: join(home, 's3proxy.log'),
      temporaryFolder: home,
    })
    await this.ready(this.jvm)
  }

  suspend(): void {
    this.jvm?.suspend()
  }

  resume(): void {
    this.jvm?.resume()
  }

  /** Ends it and removes the objects, unless a directory was given. */
  async stop(): Promise<void> {
    await this.jvm?.stop()
    await rm(this.parts.home, { recursive: true, force: true })
  }

  private async ready(jvm: Jvm): Promise<void> {
    const deadline = Date.now() + readyTimeoutMs
    while (!(await accepts(this.parts.port))) {
      if (!jvm.isRunning) throw new Error(`S3Proxy has ended:\n${await jvm.lastLines()}`)
      if (Date.now() > deadline) throw new Error(`S3Proxy does not answer:\n${await jvm.lastLines()}`)
      await sleep(pollIntervalMs)
    }
  }

  private properties(): string {
    const properties = {
      's3proxy.endpoint': this.endpoint,
      's3proxy.authorization': 'aws-v2-or-v4',
      's3proxy.identity': accessKeyId,
      's3proxy.credential': secretAccessKey,
      'jclouds.provider': 'filesystem-nio2',
      'jclouds.filesystem.basedir': this.directory,
    }
    return Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')
  }
}

/** S3Proxy opens its port last. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}
