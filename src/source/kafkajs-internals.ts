/**
 * The one file that knows kafkajs 2.2.4 from inside: its `Connection` (framing, timeouts, SASL) and its protocol encoders.
 * Its consumer, producer, admin and cluster classes are not used: they retry commits inside and hide what the broker said.
 *
 * A kafkajs connection that breaks in the middle of an answer keeps the torn half and reads nothing any more once it is
 * connected again. Connections here are therefore used once: a broken one is thrown away with everything it holds.
 */
import { createRequire } from 'node:module'
import { MillraceError } from '../runtime/errors.js'
import { decodeFetchResponse } from './fetch-response.js'
import { KafkaError } from './kafka-error.js'
import type { ApiName, KafkaApis } from './kafka-protocol.js'

interface ProtocolRequest {
  apiKey: number
  apiName: string
  apiVersion: number
  encode(): Promise<Encoder>
}

interface Encoder {
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeString(value: string | null): Encoder
  writeBytes(value: Buffer): Encoder
  writeArray(items: Encoder[]): Encoder
}

interface ProtocolResponse {
  decode(bytes: Buffer): unknown
  parse(decoded: unknown): unknown
}

interface ProtocolCall {
  request: ProtocolRequest
  response: ProtocolResponse
  requestTimeout?: number
}

interface RequestDefinition {
  versions: string[]
  protocol(options: { version: number }): (args?: unknown) => ProtocolCall
}

type ApiVersions = Record<number, { minVersion: number; maxVersion: number }>

/** kafkajs `Connection`, as far as it is used. */
export interface RawConnection {
  socket?: { destroy(): void } | null
  requestQueue: { rejectAll(error: Error): void; destroy(): void }
  connect(): Promise<unknown>
  authenticate(): Promise<void>
  isConnected(): boolean
  setVersions(versions: ApiVersions): void
  setSupportAuthenticationProtocol(supported: boolean): void
  send(call: ProtocolCall & { logResponseError: boolean }): Promise<unknown>
}

type SaslAuthenticate = (step: { request: unknown; response?: unknown }) => Promise<unknown>

/** kafkajs hands this to an authentication mechanism. */
export interface SaslConversation {
  host: string
  port: number
  logger: unknown
  saslAuthenticate: SaslAuthenticate
}

type SaslProvider = (conversation: SaslConversation) => { authenticate(): Promise<void> }
type SaslMechanism = (credentials: { username: string; password: string }) => SaslProvider

export interface RawConnectionOptions {
  host: string
  port: number
  clientId: string
  ssl: object | null
  sasl: { mechanism: string; authenticationProvider: SaslProvider } | null
  socketFactory: (target: { host: string; port: number; onConnect: () => void }) => unknown
  connectionTimeout: number
  requestTimeout: number
}

const PINNED_VERSION = '2.2.4'
const require = createRequire(import.meta.url)
const { version } = require('kafkajs/package.json') as { version: string }
const Connection = require('kafkajs/src/network/connection') as new (options: object) => RawConnection
const { createLogger } = require('kafkajs/src/loggers') as {
  createLogger(
    this: void,
    options: { level: number; logCreator: () => () => void },
  ): { namespace(name: string): unknown }
}
const { requests } = require('kafkajs/src/protocol/requests') as { requests: Record<string, RequestDefinition> }
const Encoder = require('kafkajs/src/protocol/encoder') as new () => Encoder
const murmur2 = require('kafkajs/src/producer/partitioners/default/murmur2') as (key: Buffer) => number
const apiKeys = require('kafkajs/src/protocol/requests/apiKeys') as Record<string, number>
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode(this: void, code: number): { type: string; message: string }
}

/** What kafkajs knows to do in a SASL conversation, given the credentials. */
export const saslMechanisms = {
  plain: require('kafkajs/src/broker/saslAuthenticator/plain') as SaslMechanism,
  'scram-sha-256': require('kafkajs/src/broker/saslAuthenticator/scram256') as SaslMechanism,
  'scram-sha-512': require('kafkajs/src/broker/saslAuthenticator/scram512') as SaslMechanism,
}

/** How members describe themselves and their assignments in the classic group protocol. */
export const { MemberMetadata, MemberAssignment } = require('kafkajs/src/consumer/assignerProtocol') as {
  MemberMetadata: {
    encode(this: void, metadata: { version: number; topics: string[]; userData: Buffer }): Buffer
    decode(this: void, bytes: Buffer): { topics: string[]; userData: Buffer | null }
  }
  MemberAssignment: {
    encode(this: void, assignment: { version: number; assignment: Record<string, number[]> }): Buffer
    decode(this: void, bytes: Buffer): { assignment: Record<string, number[]> } | null
  }
}

const silentLogger = createLogger({ level: 0, logCreator: () => () => undefined })

/** Re-authenticates this long before the broker would end the session (KIP-368); kafkajs's own default. */
const REAUTHENTICATION_THRESHOLD_MS = 10_000

/** A connection that has not been opened yet. */
export function createRawConnection(options: RawConnectionOptions): RawConnection {
  return new Connection({
    ...options,
    logger: silentLogger,
    enforceRequestTimeout: true,
    maxInFlightRequests: null,
    reauthenticationThreshold: REAUTHENTICATION_THRESHOLD_MS,
  })
}

/** Asks what the broker speaks; must be the first request, before authentication. */
export async function exchangeVersions(connection: RawConnection): Promise<ApiVersions> {
  const definition = definitionOf('ApiVersions')
  const call = definition.protocol({ version: 2 })()
  const answer = (await connection.send({ ...call, logResponseError: false })) as {
    apiVersions: { apiKey: number; minVersion: number; maxVersion: number }[]
  }
  const versions = Object.fromEntries(answer.apiVersions.map((api) => [api.apiKey, api]))
  connection.setVersions(versions)
  connection.setSupportAuthenticationProtocol(true)
  return versions
}

/** Sends one request in the newest version both sides know and returns the whole answer, error codes included. */
export async function sendRequest<A extends ApiName>(
  connection: RawConnection,
  versions: ApiVersions,
  api: A,
  args: KafkaApis[A]['request'],
): Promise<KafkaApis[A]['response']> {
  const { request, response, requestTimeout } = requestOf(versions, api)(args)
  if (api === 'Produce') request.encode = () => encodeProduce(args as KafkaApis['Produce']['request'])
  const decode = api === 'Fetch' ? decodeFetchResponse : (bytes: Buffer) => response.decode(bytes)
  const call = { request, response: { decode, parse: (decoded: unknown) => decoded }, logResponseError: false }
  const answer = await connection.send(requestTimeout === undefined ? call : { ...call, requestTimeout })
  return answer as KafkaApis[A]['response']
}

/** Produce requests of versions 3 to 7, around record batches that are encoded already. */
function encodeProduce({ acks, timeout, topicData }: KafkaApis['Produce']['request']): Promise<Encoder> {
  const topics = topicData.map(({ topic, partitions }) =>
    new Encoder()
      .writeString(topic)
      .writeArray(partitions.map(({ partition, records }) => new Encoder().writeInt32(partition).writeBytes(records))),
  )
  const transactionalId = null
  const request = new Encoder().writeString(transactionalId).writeInt16(acks).writeInt32(timeout).writeArray(topics)
  return Promise.resolve(request)
}

/** A key's number, as every Kafka client computes it; the remainder by the number of partitions is the key's partition. */
export function keyHash(key: Buffer): number {
  return murmur2(key) & 0x7fffffff
}

/** Ends it at once, whatever it is doing; requests that wait for an answer fail. */
export function dropRawConnection(connection: RawConnection, reason: Error): void {
  connection.requestQueue.rejectAll(reason)
  connection.requestQueue.destroy()
  connection.socket?.destroy()
}

/** The protocol's name of an error code. */
export function errorOfCode(code: number, what: string): KafkaError {
  const { type, message } = createErrorFromCode(code)
  return new KafkaError(type, `${what}: ${message} (${type})`)
}

/** The oldest version of an API whose answers we can read, where the oldest one kafkajs knows will not do. */
const OLDEST: Partial<Record<ApiName, number>> = { Fetch: 11 }

function requestOf(versions: ApiVersions, api: ApiName): (args: unknown) => ProtocolCall {
  const definition = definitionOf(api)
  const known = definition.versions.map(Number)
  const offered = versions[apiKeys[api] ?? -1]
  const best = Math.min(Math.max(...known), offered?.maxVersion ?? -1)
  const oldest = Math.max(OLDEST[api] ?? Math.min(...known), offered?.minVersion ?? 0)
  if (best < oldest) {
    throw new KafkaError(
      'UNSUPPORTED',
      `the broker does not speak ${api} in a version we know: Kafka 2.3 or newer is needed`,
    )
  }
  return definition.protocol({ version: best })
}

function definitionOf(api: string): RequestDefinition {
  const definition = requests[api]
  if (!definition) throw new MillraceError('KAFKA_UNSUPPORTED', `kafkajs ${version} has no request ${api}`)
  return definition
}

const NEEDED_APIS: Record<ApiName, number> = {
  Metadata: 6,
  GroupCoordinator: 2,
  JoinGroup: 5,
  SyncGroup: 3,
  Heartbeat: 3,
  LeaveGroup: 3,
  OffsetCommit: 5,
  OffsetFetch: 4,
  ListOffsets: 3,
  Fetch: 11,
  Produce: 7,
  CreateTopics: 3,
  DescribeConfigs: 2,
}

/** Refuses to start (`KAFKA_UNSUPPORTED`) when the installed kafkajs is not the one this file was written for. */
export function assertKafkajsShape(): void {
  const wrong = [...shapeProblems()]
  if (wrong.length === 0) return
  throw new MillraceError(
    'KAFKA_UNSUPPORTED',
    `Millrace needs kafkajs ${PINNED_VERSION} exactly, found ${version} (${wrong.join(', ')}): run npm ci`,
  )
}

function* shapeProblems(): Iterable<string> {
  if (version !== PINNED_VERSION) yield 'another version'
  const methods = Connection.prototype as unknown as Record<string, unknown>
  for (const name of ['connect', 'authenticate', 'isConnected', 'setVersions', 'send']) {
    if (typeof methods[name] !== 'function') yield `Connection has no ${name}`
  }
  for (const [api, newest] of Object.entries(NEEDED_APIS)) {
    if (!requests[api]?.versions.map(Number).includes(newest)) yield `no ${api} version ${newest}`
  }
}
