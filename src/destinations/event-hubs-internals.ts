import type { EventHubProducerClient } from '@azure/event-hubs'

/**
 * All that Millrace knows of the inside of `@azure/event-hubs`, whose version is pinned exactly. Asserted against the real
 * package by the tests of `event-hubs.ts`. The SDK connects, shows tokens and attaches the link; its inside is needed since
 * - `sendBatch` costs 55 µs of CPU where the sender below it costs 17 (measured, batches of one event), and keeps nothing
 *   of an error's condition that it has no name for;
 * - a link that is lost while a batch is underway is told only by the batch's timeout, and its reason by nobody;
 * - a lost link is made again by the next send, and then the renewal of the first token goes on for ever beside the second;
 * - a refused token and a missing right to send are the same error;
 * - `close` waits for answers, in places for ever, and a socket that nobody answers keeps the process alive.
 */
interface Inside {
  _context: { connection: AmqpConnection; cbsSession: { negotiateClaim(...request: unknown[]): Promise<unknown> } }
  _sendersMap: Map<string, { _sender?: AmqpSender; authLoop?: { stop(): void } }>
}

interface AmqpConnection extends Emitter {
  /** Of rhea. */
  _connection: { socket?: AmqpSocket }
}

/** A socket of Node, or what rhea makes of a WebSocket. */
interface AmqpSocket {
  setNoDelay?(noDelay: boolean): void
  destroy?(error: Error): void
  end(): void
}

/** `AwaitableSender` of rhea-promise. */
interface AmqpSender extends Emitter {
  session: Emitter & { error?: unknown }
  error?: unknown
  isOpen(): boolean
  /** The other side has given credit for a message. */
  sendable(): boolean
  /** Resolves when the other side has accepted the message. */
  send(
    message: Buffer,
    options: { format: number; timeoutInSeconds: number; abortSignal: AbortSignal },
  ): Promise<unknown>
}

interface Emitter {
  on(event: string, listener: (context: { error?: unknown; connection?: { error?: unknown } }) => void): void
}

/** The format of a batch (Microsoft Learn, "AMQP 1.0 in Azure Service Bus and Event Hubs protocol guide"). */
const BATCH_FORMAT = 0x80013700

/** The SDK keeps the link that has no partition of its own under this name. */
const LINK = ''

const inside = (client: EventHubProducerClient) => client as unknown as Inside

/** The sender of a client whose link was opened. */
export function senderOf(client: EventHubProducerClient): BatchSender {
  const sender = inside(client)._sendersMap.get(LINK)?._sender
  if (!sender) throw new Error('@azure/event-hubs has no sender where it should be')
  return new BatchSender(sender, inside(client)._context.connection)
}

/** Sends encoded batches over one link, which is not made again when it ends. */
export class BatchSender {
  constructor(
    private readonly sender: AmqpSender,
    private readonly connection: AmqpConnection,
  ) {
    // A small batch would wait for the acknowledgement of the one before, 40 ms where the other side delays it.
    connection._connection.socket?.setNoDelay?.(true)
  }

  get isOpen(): boolean {
    return this.sender.isOpen()
  }

  /** The other side takes another batch. */
  get hasCredit(): boolean {
    return this.sender.sendable()
  }

  /** Needs credit. Resolves when the batch is stored; rejects with the errors of rhea-promise. */
  async send(message: Buffer, timeoutMs: number, abortSignal: AbortSignal): Promise<void> {
    await this.sender.send(message, { format: BATCH_FORMAT, timeoutInSeconds: timeoutMs / 1000, abortSignal })
  }

  /** `lost` is told the reason that the other side gave, if it gave one, when the link, its session or its connection ends. */
  watch(on: { lost: (reason: unknown) => void; credit: () => void }): void {
    const { sender, connection } = this
    sender.on('sendable', on.credit)
    sender.on('sender_close', () => on.lost(sender.error))
    sender.session.on('session_close', () => on.lost(sender.session.error))
    connection.on('connection_close', (context) => on.lost(context.connection?.error))
    connection.on('disconnected', (context) => on.lost(context.connection?.error ?? context.error))
  }
}

/**
 * Calls `accepted` when the namespace has taken a token, before the link is attached. A token that it refuses with 403 fails
 * like one refused with 401. The client must not have connected yet.
 */
export function watchToken(client: EventHubProducerClient, accepted: () => void = () => undefined): void {
  const { cbsSession } = inside(client)._context
  const negotiate = cbsSession.negotiateClaim.bind(cbsSession)
  cbsSession.negotiateClaim = async (...request) => {
    try {
      const answer = await negotiate(...request)
      accepted()
      return answer
    } catch (error) {
      throw asRefusal(error)
    }
  }
}

/** To the SDK 403 is a quota, wherever it comes from (`@azure/core-amqp`, ConditionStatusMapper); $cbs knows of none. */
function asRefusal(error: unknown): unknown {
  const isForbidden = error instanceof Error && (error as { code?: unknown }).code === 'QuotaExceededError'
  return isForbidden ? Object.assign(error, { code: 'UnauthorizedError' }) : error
}

/** Ends what `close` may have left: the renewal of the token, and the socket. */
export function cutOff(client: EventHubProducerClient): void {
  inside(client)._sendersMap.get(LINK)?.authLoop?.stop()
  const { socket } = inside(client)._context.connection._connection
  // rhea listens for errors and a proper end: without an error it would keep its timers for two minutes.
  if (socket?.destroy) socket.destroy(new Error('cut off'))
  else socket?.end()
}
