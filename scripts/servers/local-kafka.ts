import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jarsFolder } from './jars.js'
import { Jvm, requireJava, runJava } from './jvm.js'
import { waitForBrokers } from './kafka-readiness.js'
import { scramUsers, serverProperties, type KafkaSecurity, type NodePorts } from './kafka-properties.js'
import { freePorts } from './ports.js'

export interface KafkaOptions {
  /** Brokers, each also a controller; 1 unless told. Three take about 1 GB and 14 s. */
  nodes?: 1 | 3
  /** Further server properties, for every node. */
  properties?: Record<string, string>
  /** Adds a listener that demands it: `secureBrokers`. */
  security?: KafkaSecurity
  /** Adds a listener that clients are told to reach at these ports, one per node, where proxies listen: `proxied`. */
  proxyPorts?: number[]
  /** Keeps the data here, over `stop` as well; a temporary folder unless told. */
  directory?: string
  /** Heap of each node, 256 unless told: it is enough for a million small events. */
  heapMiB?: number
}

/** Any 22 characters of base64 do, as long as they stay the same for a folder of data. */
const clusterId = 'millrace00000000000000'

/**
 * Starts Apache Kafka as local processes on free ports of 127.0.0.1; resolves when `describeCluster` lists every broker.
 * The processes end with this one, however it ends. Rejects, saying what to install, without Java or Maven.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<LocalKafka> {
  await requireJava()
  const jars = await jarsFolder('kafka')
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'millrace-kafka-')))
  const cluster = await choosePorts(options)
  const nodes = cluster.map((_, index) => new KafkaNode({ index, cluster, jars, directory, options }))
  const kafka = new LocalKafka(nodes, cluster, { folder: directory, isTemporary: !options.directory })
  try {
    await Promise.all(nodes.map((node) => node.format()))
    await kafka.restart()
    return kafka
  } catch (error) {
    await kafka.stop()
    throw error
  }
}

async function choosePorts({ nodes = 1, security, proxyPorts }: KafkaOptions): Promise<NodePorts[]> {
  const perNode = 4
  const ports = await freePorts(nodes * perNode)
  return Array.from({ length: nodes }, (_, index) => {
    const [controller, plain, secure, listen] = ports.slice(index * perNode) as [number, number, number, number]
    const advertised = proxyPorts?.[index]
    return { controller, plain, ...(security && { secure }), ...(advertised && { proxied: { listen, advertised } }) }
  })
}

/** A running cluster. `kill`, `restart` and `suspend` act on all nodes; single nodes can be reached through `nodes`. */
export class LocalKafka {
  /** `host:port` of the plain text listeners. */
  readonly brokers: string[]
  /** `host:port` of the listeners with `KafkaOptions.security`; empty without. */
  readonly secureBrokers: string[]
  /** `host:port` where the proxies in front of the brokers must forward to; empty without `KafkaOptions.proxyPorts`. */
  readonly proxied: string[]

  constructor(
    readonly nodes: KafkaNode[],
    cluster: NodePorts[],
    private readonly data: { folder: string; isTemporary: boolean },
  ) {
    const addresses = (ports: (number | undefined)[]) =>
      ports.filter((port) => port !== undefined).map((port) => `127.0.0.1:${port}`)
    this.brokers = addresses(cluster.map(({ plain }) => plain))
    this.secureBrokers = addresses(cluster.map(({ secure }) => secure))
    this.proxied = addresses(cluster.map(({ proxied }) => proxied?.listen))
  }

  /** Holds a folder for each node, with its properties, its log and its data. */
  get folder(): string {
    return this.data.folder
  }

  /** The process numbers of the nodes that run. */
  get pids(): number[] {
    return this.nodes.map((node) => node.pid).filter((pid) => pid !== undefined)
  }

  /** kill -9 on every node. The data stays. */
  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
  }

  /** Ends the nodes that run in an orderly way, starts all on the same ports and data; resolves when all are ready. */
  async restart(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
    await Promise.all(this.nodes.map((node) => node.start()))
    await this.ready()
  }

  /** Resolves when every broker that should run is listed; rejects when a node has ended by itself, or after 270 s. */
  async ready(): Promise<void> {
    const running = this.nodes.filter((node) => node.pid !== undefined)
    await Promise.race([waitForBrokers(this.brokers, running.length), ...running.map((node) => node.crashed())])
  }

  suspend(): void {
    for (const node of this.nodes) node.suspend()
  }

  resume(): void {
    for (const node of this.nodes) node.resume()
  }

  /** Ends every node and removes the data, unless a directory was given. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
    if (this.data.isTemporary) await rm(this.data.folder, { recursive: true, force: true })
  }
}

interface NodeParts {
  index: number
  cluster: NodePorts[]
  jars: string
  directory: string
  options: KafkaOptions
}

/** One broker (and controller). Keeps its ports and its data over `kill` and `stop`. */
export class KafkaNode {
  private jvm: Jvm | undefined
  private readonly folder: string
  private readonly propertiesFile: string

  constructor(private readonly parts: NodeParts) {
    this.folder = join(parts.directory, `node-${parts.index + 1}`)
    this.propertiesFile = join(this.folder, 'server.properties')
  }

  /** Undefined while the node does not run. */
  get pid(): number | undefined {
    return this.jvm?.isRunning ? this.jvm.pid : undefined
  }

  /** Writes the configuration and prepares the data folder; leaves one that is prepared alone. */
  async format(): Promise<void> {
    const { index, cluster, options } = this.parts
    await mkdir(this.folder, { recursive: true })
    const layout = {
      index,
      cluster,
      dataFolder: this.folder,
      security: options.security,
      extra: options.properties ?? {},
    }
    await writeFile(this.propertiesFile, serverProperties(layout))
    const args = ['format', '--ignore-formatted', '-t', clusterId, '-c', this.propertiesFile]
    await runJava(this.command('kafka.tools.StorageTool', [...args, ...scramUsers(options.security)]))
  }

  /** Resolves when the process runs; see `LocalKafka.ready`. */
  async start(): Promise<void> {
    if (this.pid !== undefined) return
    this.jvm = await Jvm.start({
      ...this.command('kafka.Kafka', [this.propertiesFile]),
      logFile: join(this.folder, 'kafka.log'),
      temporaryFolder: this.parts.options.directory ? undefined : this.parts.directory,
    })
  }

  /** Ends it in an orderly way. */
  async stop(): Promise<void> {
    await this.jvm?.stop()
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.jvm?.kill()
  }

  /** Stands still with its connections open (SIGSTOP). */
  suspend(): void {
    this.jvm?.suspend()
  }

  resume(): void {
    this.jvm?.resume()
  }

  /** Rejects with the last lines of the log when the process ends; never resolves. */
  async crashed(): Promise<never> {
    await this.jvm?.ended
    throw new Error(`Kafka node ${this.parts.index + 1} has ended:\n${await this.jvm?.lastLines()}`)
  }

  private command(mainClass: string, args: string[]) {
    const { jars, options } = this.parts
    const systemProperties = ['org.slf4j.simpleLogger.defaultLogLevel=warn']
    return { jars, mainClass, args, heapMiB: options.heapMiB ?? 256, systemProperties }
  }
}
