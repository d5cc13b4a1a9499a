import { EventHubProducerClient, type EventHubClientOptions } from '@azure/event-hubs'
import WebSocket from 'ws'
import type { AccountSettings, EventHubsSettings } from '../config/configuration.js'
import { readConnectionString, type ConnectionString } from './event-hubs-connection-string.js'
import { entraCredential, type EntraAccount, type MachineMemory } from './event-hubs-entra.js'

export type EventHubsAccount = Extract<AccountSettings, { type: 'event-hubs' }>

/** Where the namespace is. */
export interface HubAddress {
  host: string
  port: number
  /** False only for the emulator. */
  tls: boolean
}

/** An account with its secret as it is now. */
export interface HubAccess {
  readonly address: HubAddress
  /** The secret; empty where there is none. Only to compare. */
  readonly secret: string
  /** What the client waits for one answer. */
  readonly answerMs: number
  /** A client that has not connected yet. Throws `EntraUnavailable`. */
  connect(): EventHubProducerClient
}

/** AMQP over TLS, and the port of WebSockets (Microsoft Learn, "Event Hubs FAQ", "What ports do I need to open"). */
const PORTS = { amqp: 5671, websockets: 443 }

type Settings = Pick<EventHubsSettings, 'eventHub' | 'transport'>

/** Reads secrets whenever it is asked, so that a rotated one heals without a restart. */
export class AccessReader {
  readonly #memory: MachineMemory = { hadIdentity: false }

  constructor(
    readonly account: EventHubsAccount,
    readonly settings: Settings,
    readonly answerMs: number,
  ) {}

  /** Throws `MillraceError` when the secret cannot be read, and `MalformedConnectionString`. */
  read(): HubAccess {
    const { account } = this
    return 'connectionString' in account ? this.#bySharedKey(account.connectionString.read()) : this.#byEntra(account)
  }

  #bySharedKey(secret: string): HubAccess {
    const { host, port, tls }: ConnectionString = readConnectionString(secret, this.settings.eventHub)
    const address = { host, port: port ?? (tls ? PORTS[this.settings.transport] : EMULATOR_PORT), tls }
    return {
      address,
      secret,
      answerMs: this.answerMs,
      connect: () => new EventHubProducerClient(secret, this.settings.eventHub, this.#options()),
    }
  }

  #byEntra(account: EntraAccount): HubAccess {
    const { namespace, clientSecret } = account
    const secret = clientSecret?.read() ?? ''
    return {
      address: { host: namespace, port: PORTS[this.settings.transport], tls: true },
      secret,
      answerMs: this.answerMs,
      connect: () => {
        const credential = entraCredential(account, secret, this.#memory)
        return new EventHubProducerClient(namespace, this.settings.eventHub, credential, this.#options())
      },
    }
  }

  #options(): EventHubClientOptions {
    // Retrying is ours: one request, one failure value.
    const retryOptions = { maxRetries: 0, timeoutInMs: this.answerMs }
    return this.settings.transport === 'websockets'
      ? { retryOptions, webSocketOptions: { webSocket: WebSocket } }
      : { retryOptions }
  }
}

/** Plain AMQP (Microsoft Learn, "Test locally with the Azure Event Hubs emulator"). */
const EMULATOR_PORT = 5672
