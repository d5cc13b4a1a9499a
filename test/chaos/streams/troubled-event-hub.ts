import { EventHubsPeer, type HubFault, type HubRequest } from '../../support/event-hubs-peer.js'
import { partitionOf } from '../../support/event-hubs-peer-events.js'
import { seededRandom } from '../../support/seeded-random.js'
import { SHARDS, type TroubledStream, type TroubledStreamParts } from './troubled-stream.js'

export const EVENT_HUB = 'chaos'
const SECRET = 'of-the-crash-test'

type Send = HubRequest & { step: 'send' }

/** Between two losses of the link or the connection: often, and yet most batches are answered. */
const BETWEEN_LOSSES_MS = 1_500

/** In turn; what was underway is lost with it, and the batch itself may be stored. */
const LOSSES: readonly [string, HubFault][] = [
  ['link detached', { detach: { condition: 'amqp:link:detach-forced' } }],
  ['connection closed, batch stored', { close: { condition: 'amqp:connection:forced' }, stored: true }],
  ['link detached, batch stored', { detach: { condition: 'amqp:link:detach-forced' }, stored: true }],
  ['connection cut, batch stored', { cut: true, stored: true }],
  ['connection closed', { close: { condition: 'amqp:connection:forced' } }],
  ['connection cut', { cut: true }],
]

/** Five batches in a hundred, of the losses apart. */
const REFUSALS: readonly [number, string, HubFault][] = [
  [0.03, 'batch refused', { refuse: { condition: 'amqp:internal-error' } }],
  [0.02, 'batch released', { release: true }],
]

/** A partition that takes nothing: the condition of a timeout of the service, which is the batch's own. */
const THROTTLED: HubFault = { refuse: { condition: 'com.microsoft:timeout' } }

export async function startTroubledEventHub({ seed, recorder }: TroubledStreamParts): Promise<TroubledStream> {
  const hubs = { [EVENT_HUB]: { partitions: SHARDS } }
  const peer = await EventHubsPeer.start({ hubs, keys: { sender: SECRET } })
  const faults = new HubFaults(seed)
  peer.fault = (request) => {
    const fault = request.step === 'send' ? faults.of(request) : undefined
    if (request.step === 'send' && isStored(fault)) record(request, fault === undefined)
    return fault
  }
  const record = ({ partitionKey, events }: Send, isTold: boolean) => {
    for (const { body } of events) {
      const place = { shard: partitionOf(partitionKey ?? '', SHARDS), partitionKey: partitionKey ?? '' }
      recorder.stored({ ...place, isTold, data: body.toString('base64') })
    }
  }
  return {
    address: { endpoint: peer.connectionString(), secret: SECRET },
    fail: () => (faults.areOn = true),
    throttle: (shard) => (faults.throttled = shard),
    heal() {
      faults.areOn = false
      faults.throttled = undefined
    },
    forget() {
      for (const list of [peer.requests, peer.batches, ...peer.eventsOf(EVENT_HUB)]) list.length = 0
    },
    failures: faults.done,
  }
}

function isStored(fault: HubFault | undefined): boolean {
  return fault === undefined || ('stored' in fault && fault.stored === true)
}

class HubFaults {
  areOn = false
  throttled: number | undefined
  readonly done: Record<string, number> = {}
  readonly #random: () => number
  #losses = 0
  #lastLossMs = performance.now()

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  of({ partitionKey }: Send): HubFault | undefined {
    if (this.throttled !== undefined && partitionOf(partitionKey ?? '', SHARDS) === this.throttled)
      return this.#counted('batch of a throttled partition', THROTTLED)
    if (!this.areOn) return undefined
    if (performance.now() - this.#lastLossMs > BETWEEN_LOSSES_MS) return this.#loss()
    let lot = this.#random()
    for (const [probability, name, fault] of REFUSALS) {
      if (lot < probability) return this.#counted(name, fault)
      lot -= probability
    }
    return undefined
  }

  #loss(): HubFault {
    this.#lastLossMs = performance.now()
    return this.#counted(...LOSSES[this.#losses++ % LOSSES.length]!)
  }

  #counted(name: string, fault: HubFault): HubFault {
    this.done[name] = (this.done[name] ?? 0) + 1
    return fault
  }
}
