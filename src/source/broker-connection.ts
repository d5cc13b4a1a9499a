import { connect as connectTcp, isIP } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import {
  createRawConnection,
  dropRawConnection,
  exchangeVersions,
  saslMechanisms,
  sendRequest,
  type RawConnection,
  type RawConnectionOptions,
  type SaslConversation,
} from './kafkajs-internals.js'
import { KafkaError } from './kafka-error.js'
import type { ApiName, KafkaApis } from './kafka-protocol.js'
import type { KafkaSettings } from './kafka-settings.js'

export interface BrokerAddress {
  host: string
  port: number
}

/** A connection that is not there after this time is given up: on a working network it takes milliseconds. */
const CONNECT_TIMEOUT_MS = 3_000
/** An answer that has not come after this time will not come. Requests that wait by themselves (JoinGroup) take longer. */
const REQUEST_TIMEOUT_MS = 10_000
/** So that a firewall does not forget an idle connection; the usual limit is minutes. */
const KEEP_ALIVE_MS = 60_000

/** One authenticated connection to one broker. It is used until it breaks and never connected again. */
export class BrokerConnection {
  readonly #raw: RawConnection
  readonly #versions: Awaited<ReturnType<typeof exchangeVersions>>
  #closed = false

  private constructor(raw: RawConnection, versions: Awaited<ReturnType<typeof exchangeVersions>>) {
    this.#raw = raw
    this.#versions = versions
  }

  /** Secrets are read anew for every connection, so that a rotated password heals by itself. Throws `KafkaError`. */
  static async open(address: BrokerAddress, settings: KafkaSettings): Promise<BrokerConnection> {
    const raw = createRawConnection(rawOptions(address, settings))
    try {
      await raw.connect()
      const versions = await exchangeVersions(raw)
      await raw.authenticate()
      return new BrokerConnection(raw, versions)
    } catch (error) {
      const reason = asKafkaError(error, `${address.host}:${address.port}`)
      dropRawConnection(raw, reason)
      throw reason
    }
  }

  get isOpen(): boolean {
    return !this.#closed && this.#raw.isConnected()
  }

  /** Sends one request, once. Resolves to the whole answer; throws `KafkaError` when there is none, and closes then. */
  async call<A extends ApiName>(api: A, args: KafkaApis[A]['request']): Promise<KafkaApis[A]['response']> {
    try {
      return await sendRequest(this.#raw, this.#versions, api, args)
    } catch (error) {
      const reason = asKafkaError(error, api)
      if (reason.type !== 'UNSUPPORTED') this.close(reason)
      throw reason
    }
  }

  /** Ends it at once; calls underway fail. */
  close(reason = new KafkaError('DISCONNECTED', 'the connection was closed')): void {
    if (this.#closed) return
    this.#closed = true
    dropRawConnection(this.#raw, reason)
  }
}

function rawOptions(address: BrokerAddress, settings: KafkaSettings): RawConnectionOptions {
  const secureContext = settings.ssl ? readSecureContext(settings.ssl) : undefined
  return {
    ...address,
    clientId: settings.clientId,
    ssl: settings.ssl || null,
    sasl: settings.sasl ? { mechanism: settings.sasl.mechanism, authenticationProvider: saslOf(settings.sasl) } : null,
    socketFactory: ({ host, port, onConnect }) => {
      const tls = { host, port, secureContext, ...(isIP(host) ? {} : { servername: host }) }
      const socket = settings.ssl
        ? connectTls({ ...tls, rejectUnauthorized: settings.ssl.rejectUnauthorized }, onConnect)
        : connectTcp({ host, port }, onConnect)
      return socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true)
    },
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
  }
}

function readSecureContext(ssl: Exclude<KafkaSettings['ssl'], false>): SecureContext {
  try {
    return createSecureContext({
      ...(ssl.ca && { ca: ssl.ca.read() }),
      ...(ssl.cert && { cert: ssl.cert.read() }),
      ...(ssl.key && { key: ssl.key.read() }),
    })
  } catch (error) {
    throw new KafkaError('TLS_REFUSED', `the certificates or the key cannot be used: ${messageOf(error)}`)
  }
}

/** kafkajs turns every failure of a SASL conversation into "authentication failed"; a cut connection is not one. */
function saslOf(sasl: NonNullable<KafkaSettings['sasl']>) {
  return (conversation: SaslConversation) => ({
    authenticate: async () => {
      let cause: unknown
      const saslAuthenticate: SaslConversation['saslAuthenticate'] = async (step) => {
        try {
          return await conversation.saslAuthenticate(step)
        } catch (error) {
          cause = error
          throw error
        }
      }
      const credentials = readCredentials(sasl)
      try {
        await saslMechanisms[sasl.mechanism](credentials)({ ...conversation, saslAuthenticate }).authenticate()
      } catch (error) {
        const type = cause === undefined ? 'SASL_REFUSED' : asKafkaError(cause, 'SASL').type
        const isOutage = type === 'DISCONNECTED' || type === 'TIMED_OUT'
        throw isOutage ? asKafkaError(cause, 'SASL') : refused(messageOf(error))
      }
    },
  })
}

function readCredentials(sasl: NonNullable<KafkaSettings['sasl']>) {
  try {
    return { username: sasl.username.read(), password: sasl.password.read() }
  } catch (error) {
    throw refused(messageOf(error))
  }
}

const refused = (message: string) => new KafkaError('SASL_REFUSED', message)

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Codes of node:tls and OpenSSL for a certificate, a name or a handshake that was not accepted. */
const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO)/

const TYPE_OF_NAME: Record<string, string> = {
  KafkaJSRequestTimeoutError: 'TIMED_OUT',
  KafkaJSConnectionError: 'DISCONNECTED',
  KafkaJSConnectionClosedError: 'DISCONNECTED',
  KafkaJSSASLAuthenticationError: 'SASL_REFUSED',
}

/** kafkajs's errors by what they mean. An answer that cannot be decoded counts as a broken connection. */
function asKafkaError(error: unknown, what: string): KafkaError {
  if (error instanceof KafkaError) return error
  const { name, code, type } = (error ?? {}) as { name?: string; code?: unknown; type?: unknown }
  const message = `${what}: ${messageOf(error)}`
  if (typeof type === 'string') return new KafkaError(type, message)
  if (typeof code === 'string' && TLS_CODE.test(code)) return new KafkaError('TLS_REFUSED', `${message} (${code})`)
  return new KafkaError(TYPE_OF_NAME[name ?? ''] ?? 'DISCONNECTED', message)
}
