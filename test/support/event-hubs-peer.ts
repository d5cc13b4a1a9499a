import { createServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import rhea, { type Connection, type Container, type EventContext, type Receiver, type Sender } from 'rhea'
import { WebSocketServer } from 'ws'
import { BATCH_FORMAT, partitionOf, readBatch, type ArrivedBatch, type StoredEvent } from './event-hubs-peer-events.js'
import { checkSignature, entityOf, type TokenAnswer } from './event-hubs-peer-tokens.js'

/** An AMQP error: `condition` and, for people, `description`. */
export interface AmqpProblem {
  condition: string
  description?: string
}

/** What a client asks for, step by step. */
export type HubRequest =
  | { step: 'connect' }
  | { step: 'token'; audience: string; type: string }
  | { step: 'attach'; hub: string }
  | { step: 'send'; partitionKey: string | null; events: StoredEvent[] }

/** What the peer does instead. `stored`: first it stores what was sent. */
export type HubFault =
  /** Closes the connection, refuses the token with this status, detaches the link, or rejects the batch. */
  | { refuse: AmqpProblem & { status?: number } }
  | { release: true }
  | { silent: true; stored?: boolean }
  | { detach: AmqpProblem | undefined; stored?: boolean }
  | { close: AmqpProblem; stored?: boolean }
  /** Destroys the socket. */
  | { cut: true; stored?: boolean }

export interface HubOptions {
  /** Event hubs by name, with the number of their partitions; the shared access policies that may send to each. */
  hubs?: Record<string, { partitions: number; senders?: string[] }>
  /** Shared access policies of the namespace and their keys. */
  keys?: Record<string, string>
  maxMessageBytes?: number
  /** How many batches a link may have underway. */
  credit?: number
  /** PEM; speaks TLS then. */
  tls?: { key: string; cert: string }
  /** AMQP over WebSockets, which needs TLS. */
  webSockets?: boolean
  /** Listens here; any free port unless told. */
  port?: number
  nowMs?: () => number
}

/** The limit of the Standard tier (Microsoft Learn, "Azure Event Hubs quotas and limits"). */
const MOST_BYTES = 1024 * 1024

/** What rhea's types leave out. */
interface Attached {
  remote: { attach: { target?: { address?: string }; source?: { address?: string } } }
  local: { attach: { max_message_size?: number } }
}

interface Client {
  /** Senders of the peer, for answers, by the address the client wants them at. */
  replies: Map<string, Sender>
  /** Event hubs for which a token was accepted, with the policy that signed it. */
  claims: Map<string, string>
}

/**
 * An Event Hubs namespace in this process: AMQP 1.0 with $cbs, credit, batches and partition keys, as the SDK's producers
 * use it. Checks shared access signatures. Fails as `fault` says.
 */
export class EventHubsPeer {
  /** Asked at every step; undefined: all goes well. */
  fault: (request: HubRequest) => HubFault | undefined = () => undefined
  /** Every batch that was stored, in order. */
  readonly batches: ArrivedBatch[] = []
  /** Every step that was asked for. */
  readonly requests: HubRequest[] = []
  readonly keys: Map<string, string>
  private readonly partitions = new Map<string, StoredEvent[][]>()
  private readonly clients = new Map<Connection, Client>()
  private readonly sockets = new Set<Socket>()
  private readonly server: Server
  private turn = 0

  private constructor(private readonly options: HubOptions) {
    this.keys = new Map(Object.entries(options.keys ?? { sender: 'planted-key' }))
    for (const [hub, { partitions }] of Object.entries(this.hubs)) {
      this.partitions.set(
        hub,
        Array.from({ length: partitions }, () => []),
      )
    }
    this.server = this.listen()
    this.server.on('connection', (socket: Socket) => {
      // rhea writes small frames one by one: each would wait 40 ms for an acknowledgement.
      socket.setNoDelay(true)
      this.sockets.add(socket)
      socket.once('close', () => this.sockets.delete(socket))
    })
  }

  static async start(options: HubOptions = {}): Promise<EventHubsPeer> {
    const peer = new EventHubsPeer(options)
    if (!peer.server.listening) await new Promise((resolve) => peer.server.once('listening', resolve))
    return peer
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** How many connections are open. */
  get connections(): number {
    return this.sockets.size
  }

  connectionString({ key = 'sender', secret = this.keys.get(key) ?? '', entity = '' } = {}): string {
    const endpoint = `Endpoint=sb://127.0.0.1:${this.port};SharedAccessKeyName=${key};SharedAccessKey=${secret}`
    return endpoint + (entity && `;EntityPath=${entity}`) + (this.options.tls ? '' : ';UseDevelopmentEmulator=true')
  }

  /** What is stored: the events of each partition, in their order. */
  eventsOf(hub: string): StoredEvent[][] {
    return this.partitions.get(hub) ?? []
  }

  /** Destroys every connection. */
  cutAll(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.cutAll()
    await closed
  }

  private get hubs() {
    return this.options.hubs ?? { engagement: { partitions: 4 } }
  }

  private listen(): Server {
    const container = rhea.create_container({ receiver_options: { autoaccept: false, credit_window: 0 } })
    ;(container.sasl_server_mechanisms as { enable_anonymous(): void }).enable_anonymous()
    this.follow(container)
    const { tls, port = 0 } = this.options
    const where = { host: '127.0.0.1', port, max_frame_size: 65_536, idle_time_out: 240_000, require_sasl: true }
    if (tls && this.options.webSockets) return listenForWebSockets(container, tls, where)
    return container.listen(tls ? { ...where, transport: 'tls', ...tls } : { ...where, transport: 'tcp' })
  }

  private follow(container: Container): void {
    container.on('connection_open', ({ connection }: EventContext) => this.connected(connection))
    container.on('sender_open', (context: EventContext) => this.replyLinkOpened(context))
    container.on('receiver_open', (context: EventContext) => this.attached(context))
    container.on('message', (context: EventContext) => this.arrived(context))
    container.on('disconnected', ({ connection }: EventContext) => this.clients.delete(connection))
    // A client that goes away without a word is no news.
    for (const event of ['connection_error', 'session_error', 'receiver_error', 'sender_error', 'error']) {
      container.on(event, () => undefined)
    }
  }

  private decide(request: HubRequest): HubFault | undefined {
    this.requests.push(request)
    return this.fault(request)
  }

  private connected(connection: Connection): void {
    this.clients.set(connection, { replies: new Map(), claims: new Map() })
    const fault = this.decide({ step: 'connect' })
    if (fault && 'refuse' in fault) connection.close(fault.refuse)
    else if (fault && 'cut' in fault) destroySocket(connection)
  }

  private replyLinkOpened({ sender, connection }: EventContext): void {
    if (!sender) return
    const { source, target } = (sender as unknown as Attached).remote.attach
    sender.set_source({ address: source?.address ?? '' })
    sender.set_target({ address: target?.address ?? '' })
    for (const address of [source?.address, target?.address, sender.name]) {
      if (address !== undefined) this.clients.get(connection)?.replies.set(address, sender)
    }
  }

  private attached({ receiver, connection }: EventContext): void {
    if (!receiver) return
    const link = receiver as unknown as Attached
    const hub = link.remote.attach.target?.address ?? ''
    receiver.set_target({ address: hub })
    if (hub === '$cbs') return receiver.add_credit(100)
    const fault = this.decide({ step: 'attach', hub })
    const refusal = fault && 'refuse' in fault ? fault.refuse : this.refusal(hub, connection)
    if (refusal) return receiver.close(refusal)
    link.local.attach.max_message_size = this.options.maxMessageBytes ?? MOST_BYTES
    if (!fault) receiver.add_credit(this.options.credit ?? 500)
  }

  private refusal(hub: string, connection: Connection): AmqpProblem | undefined {
    const known = this.hubs[hub]
    const description = `The messaging entity 'sb://peer/${hub}' could not be found.`
    if (!known) return { condition: 'amqp:not-found', description }
    const policy = this.clients.get(connection)?.claims.get(hub)
    const maySend = policy !== undefined && (!known.senders || known.senders.includes(policy))
    if (maySend) return undefined
    const denied = "Unauthorized access. 'Send' claim(s) are required to perform this operation."
    return { condition: 'amqp:unauthorized-access', description: denied }
  }

  private arrived(context: EventContext): void {
    const { receiver, message, delivery } = context
    if (!receiver || !message || !delivery) return
    const { address } = receiver.target as { address: string }
    if (address !== '$cbs') return this.sent(context, receiver, address)
    delivery.accept()
    receiver.add_credit(1)
    this.tokenShown(context)
  }

  private tokenShown({ message, connection }: EventContext): void {
    const { name = '', type = '' } = (message?.application_properties ?? {}) as { name?: string; type?: string }
    const token = String(message?.body)
    const fault = this.decide({ step: 'token', audience: name, type })
    if (fault && 'silent' in fault) return
    if (fault && 'cut' in fault) return destroySocket(connection)
    const answer = fault && 'refuse' in fault ? answerOf(fault.refuse) : this.check(token, type)
    if (answer.status < 300) this.clients.get(connection)?.claims.set(entityOf(name), policyOf(token))
    const reply = this.clients.get(connection)?.replies.get(message?.reply_to ?? '')
    const properties = { 'status-code': answer.status, 'status-description': answer.description }
    reply?.send({ correlation_id: message?.message_id ?? '', application_properties: properties, body: undefined })
  }

  private check(token: string, type: string): TokenAnswer {
    if (type === 'jwt') return { status: 202, description: 'Accepted' }
    return checkSignature(token, this.keys, (this.options.nowMs ?? Date.now)())
  }

  private sent({ message, delivery, connection }: EventContext, receiver: Receiver, hub: string): void {
    if (!delivery) return
    if (delivery.format !== BATCH_FORMAT) return delivery.reject({ condition: 'amqp:decode-error' })
    const batch = readBatch(message as unknown as Buffer)
    const fault = this.decide({ step: 'send', partitionKey: batch.partitionKey, events: batch.events })
    if (batch.bytes > (this.options.maxMessageBytes ?? MOST_BYTES)) {
      const description = 'The message is too large.'
      return alone(receiver, () => delivery.reject({ condition: 'amqp:link:message-size-exceeded', description }))
    }
    if (!fault || ('stored' in fault && fault.stored)) this.store(hub, batch)
    if (!fault || !('silent' in fault)) receiver.add_credit(1)
    if (!fault) delivery.accept()
    else if ('refuse' in fault) alone(receiver, () => delivery.reject(fault.refuse))
    else if ('release' in fault) alone(receiver, () => delivery.release())
    else if ('detach' in fault) receiver.close(fault.detach)
    else if ('close' in fault) connection.close(fault.close)
    else if ('cut' in fault) destroySocket(connection)
  }

  private store(hub: string, batch: ArrivedBatch): void {
    const partitions = this.eventsOf(hub)
    const { partitionKey } = batch
    const partition =
      partitionKey === null ? this.turn++ % partitions.length : partitionOf(partitionKey, partitions.length)
    partitions[partition]?.push(...batch.events)
    this.batches.push(batch)
  }
}

/**
 * Sends an answer in a frame of its own: rhea 3.0.5 gives two deliveries that are answered side by side the outcome of the
 * first, whatever that of the second is (`write_dispositions` in session.js).
 */
function alone(receiver: Receiver, answer: () => void): void {
  const session = receiver.session as unknown as { _process(): void }
  session._process()
  answer()
  session._process()
}

function answerOf({
  status = 401,
  condition,
  description = condition,
}: AmqpProblem & { status?: number }): TokenAnswer {
  return { status, description }
}

/** Where and under which name the SDK looks for it (`@azure/core-amqp`, webSocketEndpointPath and AMQPWSB10). */
function listenForWebSockets(
  container: Container,
  tls: { key: string; cert: string },
  where: { host: string; port: number },
): Server {
  const server = createServer(tls).listen(where.port, where.host)
  const sockets = new WebSocketServer({ server, path: '/$servicebus/websocket', handleProtocols: () => 'AMQPWSB10' })
  sockets.on('connection', (socket) => container.websocket_accept(socket as unknown as Socket, where))
  return server
}

/** Who signed a shared access signature. */
function policyOf(token: string): string {
  return decodeURIComponent(/[ &]skn=([^&]*)/.exec(token)?.[1] ?? '')
}

function destroySocket(connection: Connection): void {
  ;(connection as unknown as { socket: Socket }).socket.destroy()
}
