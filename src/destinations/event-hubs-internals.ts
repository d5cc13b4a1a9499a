import type { EventDataBatch, EventHubProducerClient } from '@azure/event-hubs'
import type { EventBatch } from './event-hubs-batch.js'

/**
 * All that Millrace knows of the inside of `@azure/event-hubs`, whose version is pinned exactly. Asserted against the real
 * package by its test. What it is needed for:
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
  _connection: { socket?: { destroy(): void } }
  error?: unknown
}

interface AmqpSender extends Emitter {
  isOpen(): boolean
  session: Emitter & { error?: unknown }
  error?: unknown
}

interface Emitter {
  on(event: string, listener: (context: { error?: unknown; connection?: { error?: unknown } }) => void): void
}

/** The SDK keeps the link that has no partition of its own under this name. */
const LINK = ''

const inside = (client: EventHubProducerClient) => client as unknown as Inside

const senderOf = (client: EventHubProducerClient) => inside(client)._sendersMap.get(LINK)?._sender

export function isLinkOpen(client: EventHubProducerClient): boolean {
  return senderOf(client)?.isOpen() ?? false
}

/** Calls `accepted` when the namespace has taken a token, before the link is attached. The client must not have connected yet. */
export function watchToken(client: EventHubProducerClient, accepted: () => void): void {
  const { cbsSession } = inside(client)._context
  const negotiate = cbsSession.negotiateClaim.bind(cbsSession)
  cbsSession.negotiateClaim = async (...request) => {
    const answer = await negotiate(...request)
    accepted()
    return answer
  }
}

/** Calls `lost` with the reason that the other side gave, if it gave one, when the link or its connection ends. The link must be open. */
export function watchLink(client: EventHubProducerClient, lost: (reason: unknown) => void): void {
  const sender = senderOf(client)
  const { connection } = inside(client)._context
  sender?.on('sender_close', () => lost(sender.error))
  sender?.session.on('session_close', () => lost(sender.session.error))
  connection.on('connection_close', (context) => lost(context.connection?.error))
  connection.on('disconnected', (context) => lost(context.connection?.error ?? context.error))
}

/** Ends what `close` may have left: the renewal of the token, and the socket. */
export function cutOff(client: EventHubProducerClient): void {
  inside(client)._sendersMap.get(LINK)?.authLoop?.stop()
  inside(client)._context.connection._connection.socket?.destroy()
}

/** A batch that is encoded already, in the form in which the SDK's `sendBatch` takes its own. */
export function asSdkBatch({ bytes, count }: EventBatch): EventDataBatch {
  const batch = {
    count,
    sizeInBytes: bytes.length,
    maxSizeInBytes: bytes.length,
    tryAdd: () => false,
    _messageSpanContexts: [],
    _generateMessage: () => bytes,
  }
  return batch
}
