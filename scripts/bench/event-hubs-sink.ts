import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import rhea, { type Connection, type EventContext, type Receiver, type Sender } from 'rhea'

/** Batches a link may have underway: nobody waits for it. */
const credit = 2_000

/** What rhea's types leave out. */
interface Attached {
  remote: { attach: { target?: { address?: string }; source?: { address?: string } } }
  local: { attach: { max_message_size?: number } }
}

/** A batch: its events are sections of data. */
interface Batch {
  body: { content: Buffer | Buffer[] }
}

/**
 * An Event Hubs namespace that believes any token and accepts every batch; `took` is told the event hub and the sizes of a
 * batch's events. Resolves to its port on 127.0.0.1.
 */
export async function listenAsEventHubs(took: (hub: string, sizes: number[]) => void): Promise<number> {
  const container = rhea.create_container({ receiver_options: { autoaccept: false, credit_window: 0 } })
  ;(container.sasl_server_mechanisms as { enable_anonymous(): void }).enable_anonymous()
  const replies = new WeakMap<Connection, Sender>()
  container.on('sender_open', ({ connection, sender }: EventContext) => {
    const { source, target } = (sender as unknown as Attached).remote.attach
    sender?.set_source({ address: source?.address ?? '' })
    sender?.set_target({ address: target?.address ?? '' })
    if (sender) replies.set(connection, sender)
  })
  container.on('receiver_open', ({ receiver }: EventContext) => attach(receiver!))
  container.on('message', (context: EventContext) => {
    const hub = (context.receiver?.target as { address: string }).address
    context.delivery?.accept()
    context.receiver?.add_credit(1)
    if (hub === '$cbs') believe(context, replies.get(context.connection))
    else took(hub, eventSizes(context.message as unknown as Buffer))
  })
  for (const event of [
    'connection_error',
    'session_error',
    'receiver_error',
    'sender_error',
    'error',
    'disconnected',
  ]) {
    container.on(event, () => undefined)
  }
  const where = { host: '127.0.0.1', port: 0, require_sasl: true, max_frame_size: 65_536 }
  const server = container.listen(where)
  if (!server.listening) await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function attach(receiver: Receiver): void {
  const link = receiver as unknown as Attached
  receiver.set_target({ address: link.remote.attach.target?.address ?? '' })
  link.local.attach.max_message_size = 1024 * 1024
  receiver.add_credit(credit)
}

/** The answer to a token: accepted. */
function believe({ message: token }: EventContext, reply: Sender | undefined): void {
  const properties = { 'status-code': 202, 'status-description': 'Accepted' }
  reply?.send({ correlation_id: token?.message_id ?? '', application_properties: properties, body: undefined })
}

function eventSizes(bytes: Buffer): number[] {
  const { content } = (rhea.message.decode(bytes) as unknown as Batch).body
  return [content].flat().map(({ length }) => length)
}
