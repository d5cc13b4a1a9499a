import { KinesisPeer, shardOf, type RecordRule, type RequestRule } from '../../support/kinesis-peer.js'
import { SHARDS, type TroubledStream, type TroubledStreamParts } from './troubled-stream.js'

export const STREAM = 'chaos'
export const ACCESS_KEY_ID = 'AKIACHAOS'
const SECRET = 'of-the-crash-test'

/** Five records in a hundred. */
const RECORD_FAULTS: RecordRule[] = [
  { action: 'fail', code: 'InternalFailure', probability: 0.03 },
  { action: 'fail', code: 'ProvisionedThroughputExceededException', probability: 0.02 },
]

/** Requests that nobody gets an answer to, stored or not; one in fifty. */
const REQUEST_FAULTS: RequestRule[] = [
  { action: 'cut before', probability: 0.005 },
  { action: 'cut after', probability: 0.01 },
  { action: 'refuse', code: 'InternalFailure', status: 500, probability: 0.003 },
  { action: 'refuse', code: 'KMSThrottlingException', probability: 0.002 },
]

export async function startTroubledKinesis({ seed, recorder }: TroubledStreamParts): Promise<TroubledStream> {
  const peer = await KinesisPeer.start({
    ...{ keys: new Map([[ACCESS_KEY_ID, { secret: SECRET }]]), stream: STREAM, shards: SHARDS, seed },
    onStored: ({ partitionKey, data }, isTold) => {
      const shard = shardOf({ partitionKey }, SHARDS)
      recorder.stored({ shard, partitionKey, isTold, data: data.toString('base64') })
    },
  })
  const throttling = (shard: number): RecordRule => {
    return { action: 'fail', code: 'ProvisionedThroughputExceededException', shard }
  }
  return {
    address: { endpoint: peer.endpoint, secret: SECRET },
    fail() {
      peer.recordRules.set(RECORD_FAULTS)
      peer.requestRules.set(REQUEST_FAULTS)
    },
    throttle: (shard) => peer.recordRules.set([...(shard === undefined ? [] : [throttling(shard)]), ...RECORD_FAULTS]),
    heal() {
      peer.recordRules.set([])
      peer.requestRules.set([])
    },
    forget() {
      peer.requests.length = 0
      for (const shard of peer.shards) shard.length = 0
    },
    get failures() {
      const records = peer.recordRules.done.fail ?? 0
      return { 'records that failed': records, ...named(peer.requestRules.done) }
    },
  }
}

function named(done: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(done).map(([action, count]) => [`requests: ${action}`, count]))
}
