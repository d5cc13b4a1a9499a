import { createHash } from 'node:crypto'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { bodyOf, SKEW_MS, type PeerKey } from './aws-fault-peer.js'
import { FaultRules, type Occasion } from './fault-rules.js'
import { isSignedWith, parseAuthorization, signedAtMs, type SignedRequest } from './sigv4.js'

export interface KinesisPeerOptions {
  /** Who may sign; another peer's map can be given, so that sessions of its roles are known here. */
  keys: Map<string, PeerKey>
  stream?: string
  /** Each has an equal part of the hashes. Two unless told. */
  shards?: number
  /** Of each shard, as AWS limits them; without limit unless told. */
  recordsPerSecond?: number
  /** The stream's own setting; 1 MiB unless told. */
  maxRecordBytes?: number
  /** The peer's clock; also its `Date` header. */
  nowMs?: () => number
  /** PEM; speaks https then. */
  tls?: { key: string; cert: string }
  /** Of what happens by probability. */
  seed?: number
  /** Hears of every record as it is stored, and whether the client is told. */
  onStored?: (record: PeerRecord, isTold: boolean) => void
}

/** A record as a reader of its shard finds it. */
export interface PeerRecord {
  partitionKey: string
  /** Absent unless the record was sent with one. */
  hashKey?: string
  data: Buffer
}

export interface PutRecordsRequest {
  headers: IncomingHttpHeaders
  records: PeerRecord[]
  isRehearsal: boolean
}

/** What happens to a whole request; `cut after`: its records are stored, but nobody is told. */
export type RequestRule = Occasion &
  (
    | { action: 'cut before' | 'cut after' | 'hang' | 'trickle' }
    | { action: 'refuse'; code: string; status?: number; xml?: true }
  ) & {
    /** Only requests that hold such a record. */
    holding?: (record: PeerRecord) => boolean
  }

/** What happens to single records of a request. */
export type RecordRule = Occasion & { action: 'fail'; code: string; partitionKey?: string; shard?: number }

/** Limits of PutRecords (Amazon Kinesis Data Streams API Reference). */
const MOST_RECORDS = 500
const MOST_BYTES = 5 * 1024 * 1024
const MOST_RECORD_BYTES = 1024 * 1024
const MOST_KEY_CHARACTERS = 256

class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly status = 400,
  ) {
    super(code)
  }
}

/**
 * One stream of Kinesis in this process, for what no real server here does: single records that fail, throttled shards, cut
 * connections, KMS errors, expired tokens, hanging. Checks signatures, skew and limits as AWS does, and rehearses.
 */
export class KinesisPeer {
  /** What is in each shard, in its order. */
  readonly shards: PeerRecord[][]
  /** Every PutRecords that was understood, in order; those that were then refused as well. */
  readonly requests: PutRecordsRequest[] = []
  readonly requestRules: FaultRules<RequestRule, PutRecordsRequest>
  readonly recordRules: FaultRules<RecordRule, { record: PeerRecord; shard: number }>
  openSockets = 0
  /** Stays when the peer has stopped. */
  endpoint = ''

  readonly #options: KinesisPeerOptions
  readonly #server: Server
  readonly #windows: { second: number; records: number }[]
  #stored = 0

  private constructor(options: KinesisPeerOptions) {
    this.#options = options
    this.shards = Array.from({ length: options.shards ?? 2 }, () => [])
    this.#windows = this.shards.map(() => ({ second: 0, records: 0 }))
    this.requestRules = new FaultRules(({ holding }, { records }) => !holding || records.some(holding), options.seed)
    this.recordRules = new FaultRules(appliesTo, options.seed)
    const listener = (incoming: IncomingMessage, response: ServerResponse) => void this.#serve(incoming, response)
    this.#server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener)
    this.#server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => this.#count(socket))
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: KinesisPeerOptions): Promise<KinesisPeer> {
    const peer = new KinesisPeer(options)
    await new Promise<void>((resolve) => peer.#server.listen(0, '127.0.0.1', resolve))
    peer.endpoint = `${options.tls ? 'https' : 'http'}://127.0.0.1:${(peer.#server.address() as AddressInfo).port}`
    return peer
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  #count(socket: Socket): void {
    this.openSockets++
    socket.once('close', () => this.openSockets--)
  }

  #nowMs(): number {
    return this.#options.nowMs?.() ?? Date.now()
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false
    response.setHeader('date', new Date(this.#nowMs()).toUTCString())
    const { method = '', url = '', headers } = incoming
    const body = await bodyOf(incoming)
    if (body === undefined) return
    try {
      this.#answer({ method, url, headers, body }, response)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      sendJson(response, error.status, { __type: error.code, message: 'told by the peer' })
    }
  }

  #answer(signed: SignedRequest, response: ServerResponse): void {
    this.#authenticate(signed)
    if (signed.headers['x-amz-target'] !== 'Kinesis_20131202.PutRecords') throw new Refusal('UnknownOperationException')
    const input = JSON.parse(signed.body.toString()) as PutRecordsInput
    const request = {
      headers: signed.headers,
      records: input.Records.map(recordOf),
      isRehearsal: input.DryRun === true,
    }
    this.requests.push(request)
    const rule = this.requestRules.decide(request)
    if (rule) return this.#spoil(rule, request, response)
    if (input.StreamName !== (this.#options.stream ?? 'events')) throw new Refusal('ResourceNotFoundException')
    sendJson(response, 200, this.#put(request))
  }

  #spoil(rule: RequestRule, request: PutRecordsRequest, response: ServerResponse): void {
    if (rule.action === 'hang') return
    if (rule.action === 'trickle') return trickle(response)
    if (rule.action === 'refuse') {
      const { code, status = 400, xml } = rule
      if (!xml) throw new Refusal(code, status)
      response.writeHead(status, { 'content-type': 'text/xml' })
      return void response.end(`<ErrorResponse><Error><Code>${code}</Code><Message>m</Message></Error></ErrorResponse>`)
    }
    if (rule.action === 'cut after') this.#put(request, false)
    response.socket?.resetAndDestroy()
  }

  #authenticate(request: SignedRequest): void {
    if (request.method === 'HEAD') throw new Refusal('MissingAuthenticationTokenException', 400)
    const signature = parseAuthorization(request)
    if (!signature) throw new Refusal('MissingAuthenticationTokenException')
    const key = this.#options.keys.get(signature.accessKeyId)
    if (!key) throw new Refusal('UnrecognizedClientException')
    if (!isSignedWith(key.secret, request, signature)) throw new Refusal('InvalidSignatureException')
    if (key.sessionToken !== request.headers['x-amz-security-token']) throw new Refusal('UnrecognizedClientException')
    if (this.#nowMs() >= (key.endsMs ?? Infinity)) throw new Refusal('ExpiredTokenException')
    if (Math.abs(signedAtMs(request) - this.#nowMs()) > SKEW_MS) throw new Refusal('InvalidSignatureException')
  }

  #put({ records, isRehearsal }: PutRecordsRequest, isTold = true): object {
    this.#refuseBeyondLimits(records)
    if (isRehearsal) throw new Refusal('DryRunOperationException')
    const Records = records.map((record) => this.#store(record, isTold))
    return { FailedRecordCount: Records.filter((answer) => 'ErrorCode' in answer).length, Records }
  }

  #refuseBeyondLimits(records: readonly PeerRecord[]): void {
    const sizes = records.map(({ data, partitionKey }) => data.length + Buffer.byteLength(partitionKey))
    const isKey = ({ partitionKey }: PeerRecord) =>
      partitionKey.length > 0 && partitionKey.length <= MOST_KEY_CHARACTERS
    if (records.length === 0 || records.length > MOST_RECORDS || !records.every(isKey))
      throw new Refusal('ValidationException')
    const isLarge = sizes.some((size) => size > (this.#options.maxRecordBytes ?? MOST_RECORD_BYTES))
    if (isLarge || sizes.reduce((sum, size) => sum + size, 0) > MOST_BYTES)
      throw new Refusal('InvalidArgumentException')
  }

  #store(record: PeerRecord, isTold: boolean): object {
    const shard = shardOf(record, this.shards.length)
    const ShardId = `shardId-${String(shard).padStart(12, '0')}`
    const code = this.recordRules.decide({ record, shard })?.code ?? this.#throttle(shard)
    if (code !== undefined) return { ErrorCode: code, ErrorMessage: `told by the peer about ${ShardId}` }
    this.shards[shard]?.push(record)
    this.#options.onStored?.(record, isTold)
    return { SequenceNumber: String(++this.#stored), ShardId }
  }

  /** Counts a record of the shard in this second, and says so when it is one too many. */
  #throttle(shard: number): string | undefined {
    const window = this.#windows[shard]
    const second = Math.floor(this.#nowMs() / 1000)
    if (!window) return undefined
    if (window.second !== second) Object.assign(window, { second, records: 0 })
    if (window.records >= (this.#options.recordsPerSecond ?? Infinity)) return 'ProvisionedThroughputExceededException'
    window.records++
    return undefined
  }
}

interface PutRecordsInput {
  StreamName: string
  Records: { Data: string; PartitionKey: string; ExplicitHashKey?: string }[]
  DryRun?: boolean
}

function recordOf({ Data, PartitionKey, ExplicitHashKey }: PutRecordsInput['Records'][number]): PeerRecord {
  const record = { partitionKey: PartitionKey, data: Buffer.from(Data, 'base64') }
  return ExplicitHashKey === undefined ? record : { ...record, hashKey: ExplicitHashKey }
}

/** The shard whose part of the 2^128 hashes the record's is in. */
export function shardOf({ partitionKey, hashKey }: Omit<PeerRecord, 'data'>, shards: number): number {
  const hash = hashKey === undefined ? md5Number(partitionKey) : BigInt(hashKey)
  return Number((hash * BigInt(shards)) >> 128n)
}

const md5Number = (text: string) => BigInt(`0x${createHash('md5').update(text).digest('hex')}`)

function appliesTo(rule: RecordRule, { record, shard }: { record: PeerRecord; shard: number }): boolean {
  if (rule.partitionKey !== undefined && rule.partitionKey !== record.partitionKey) return false
  return rule.shard === undefined || rule.shard === shard
}

function sendJson(response: ServerResponse, status: number, document: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
  response.end(JSON.stringify(document))
}

/** One header line at a time, for ever. */
function trickle(response: ServerResponse): void {
  response.socket?.write('HTTP/1.1 200 OK\r\n')
  const timer = setInterval(() => response.socket?.write('x-more: to-come\r\n'), 50)
  response.socket?.once('close', () => clearInterval(timer))
}
