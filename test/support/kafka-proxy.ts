import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { FaultRules, type Occasion } from './fault-rules.js'

/** The keys of Kafka's requests that faults are made for [Kafka protocol guide]. */
const apiKeys = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  SaslHandshake: 17,
  ApiVersions: 18,
  SaslAuthenticate: 36,
} as const

type KafkaApi = keyof typeof apiKeys

/** What happens to a request; without `api` or `clientId` to requests of every kind or client. */
export interface KafkaFault extends Occasion {
  /**
   * - `cut before`: the connection is reset, the broker never sees the request
   * - `cut after`: the broker carries it out, then the connection is reset instead of an answer
   * - `cut answer`: the first half of the answer arrives, then the connection ends
   * - `delay`: this request and all behind it on its connection wait for `delayMs`
   */
  action: 'cut before' | 'cut after' | 'cut answer' | 'delay'
  api?: KafkaApi
  clientId?: string
  delayMs?: number
}

interface KafkaRequest {
  apiKey: number
  correlationId: number
  clientId: string
}

/**
 * A TCP proxy in front of one Kafka broker that tells requests apart and, by rules, cuts or delays them. It changes no
 * byte, so the broker must advertise the proxy's port: start the proxy, then Kafka with `proxyPorts: [proxy.port]`, then
 * `proxy.forwardTo(kafka.proxied[0])`.
 */
export class KafkaProxy {
  /** Set what goes wrong with `rules.set`; see `rules.done` for what has. */
  readonly rules: FaultRules<KafkaFault, KafkaRequest>
  private target = { host: '127.0.0.1', port: 0 }
  private refusing = false
  private readonly connections = new Set<ProxiedConnection>()

  private constructor(
    private readonly server: Server,
    seed: number,
  ) {
    this.rules = new FaultRules(applies, seed)
    server.on('connection', (client) => this.accept(client))
  }

  static async start({ seed = 1 } = {}): Promise<KafkaProxy> {
    const server = createServer({ noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new KafkaProxy(server, seed)
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** `host:port` of the proxy, for clients. */
  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  forwardTo(address: string): void {
    const [host = '', port] = address.split(':')
    this.target = { host, port: Number(port) }
  }

  /** Resets all connections. */
  cutAll(): void {
    for (const connection of this.connections) connection.cut()
  }

  /** Resets all connections and every new one, until `accept` is told again. */
  refuseConnections(): void {
    this.refusing = true
    this.cutAll()
  }

  acceptConnections(): void {
    this.refusing = false
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.cutAll()
    await closed
  }

  private accept(client: Socket): void {
    if (this.refusing) return void client.resetAndDestroy()
    const connection = new ProxiedConnection(client, connect({ ...this.target, noDelay: true }), this.rules)
    this.connections.add(connection)
    void connection.run().finally(() => this.connections.delete(connection))
  }
}

function applies({ api, clientId }: KafkaFault, request: KafkaRequest): boolean {
  if (clientId !== undefined && clientId !== request.clientId) return false
  return api === undefined || apiKeys[api] === request.apiKey
}

/** One connection of a client and the one to the broker behind it. They end together. */
class ProxiedConnection {
  /** Requests that were forwarded and whose answers must not arrive whole. */
  private readonly doomed = new Map<number, 'cut after' | 'cut answer'>()
  private readonly ended = new AbortController()

  constructor(
    private readonly client: Socket,
    private readonly broker: Socket,
    private readonly rules: FaultRules<KafkaFault, KafkaRequest>,
  ) {
    for (const socket of [client, broker]) {
      socket.on('error', () => this.ended.abort())
      socket.on('close', () => this.ended.abort())
    }
  }

  /** Resolves when the connection is over, for whatever reason. */
  async run(): Promise<void> {
    await Promise.allSettled([
      this.forwardRequests().finally(() => this.broker.end()),
      this.forwardAnswers().finally(() => this.client.end()),
    ])
    this.cut()
  }

  cut(): void {
    this.ended.abort()
    this.client.resetAndDestroy()
    this.broker.destroy()
  }

  private async forwardRequests(): Promise<void> {
    for await (const frame of frames(this.client)) {
      const request = parseRequest(frame)
      const fault = this.rules.decide(request)
      if (fault?.action === 'cut before') return this.cut()
      if (fault?.action === 'delay') await sleep(fault.delayMs, undefined, { signal: this.ended.signal })
      else if (fault) this.doomed.set(request.correlationId, fault.action)
      await this.write(this.broker, frame)
    }
  }

  private async forwardAnswers(): Promise<void> {
    for await (const frame of frames(this.broker)) {
      const fate = this.doomed.get(frame.readInt32BE(4))
      if (fate === 'cut after') return this.cut()
      // Ended, not reset: a reset may destroy the half that has arrived before the client reads it.
      if (fate === 'cut answer') return void this.client.end(frame.subarray(0, Math.floor(frame.length / 2)))
      await this.write(this.client, frame)
    }
  }

  private async write(socket: Socket, bytes: Buffer): Promise<void> {
    if (!socket.write(bytes)) await once(socket, 'drain', { signal: this.ended.signal })
  }
}

/** After the size: key and version of the request kind, correlation id, client id with its length in front. */
function parseRequest(frame: Buffer): KafkaRequest {
  const clientIdLength = Math.max(0, frame.readInt16BE(12))
  return {
    apiKey: frame.readInt16BE(4),
    correlationId: frame.readInt32BE(8),
    clientId: frame.toString('utf8', 14, 14 + clientIdLength),
  }
}

/** Kafka's frames as they arrive, each whole and with the four bytes of its size. */
async function* frames(socket: Socket): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = []
  let length = 0
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length < sizeOfFirstFrame(chunks)) continue
    let rest = Buffer.concat(chunks)
    for (let size = sizeOfFirstFrame([rest]); rest.length >= size; size = sizeOfFirstFrame([rest])) {
      yield rest.subarray(0, size)
      rest = rest.subarray(size)
    }
    chunks = [rest]
    length = rest.length
  }
}

const sizeBytes = 4

/** Infinite while not even the size has arrived. */
function sizeOfFirstFrame(chunks: Buffer[]): number {
  const [first = Buffer.alloc(0)] = chunks
  const start = first.length >= sizeBytes ? first : Buffer.concat(chunks)
  return start.length >= sizeBytes ? sizeBytes + start.readInt32BE(0) : Infinity
}
