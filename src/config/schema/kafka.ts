import { z } from 'zod'
import type { Secret } from '../../runtime/secret.js'
import { duration, listOf, refuse, text, textLike } from '../option-types.js'
import type { PlaceTypes } from '../place-types.js'
import { shown } from '../problem.js'

/** Kafka's own rule for topic names: at most 249 of these characters, and no path (`org.apache.kafka.common.internals.Topic`). */
export function topicName() {
  return textLike({
    pattern: /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
    noun: 'Kafka topic name',
    instead: 'write 1-249 of A-Z a-z 0-9 . _ -',
  })
}

const BROKER = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?):(\d{1,5})$/
const MAX_PORT = 65_535

function broker() {
  return z.string().superRefine((value, context) => {
    const port = Number(BROKER.exec(value)?.[3] ?? 0)
    if (port >= 1 && port <= MAX_PORT) return
    refuse(context, `${shown(value)} is no broker address`, `write ${suggestedBroker(value)}`)
  })
}

/** `kafka://host:9092/` and `host` are what people mean by `host:9092`. */
function suggestedBroker(value: string): string {
  const host = /^(?:\w+:\/\/)?([A-Za-z0-9][A-Za-z0-9.-]*)(?::(\d{1,5}))?\/?$/.exec(value)
  const isPort = Number(host?.[2]) >= 1 && Number(host?.[2]) <= MAX_PORT
  return host ? `${host[1]}:${isPort ? host[2] : '9092'}` : 'host:port, for example localhost:9092'
}

function brokers() {
  const split = (value: unknown) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value)
  return z.preprocess(split, listOf(broker()).min(1))
}

function tls({ secret }: PlaceTypes) {
  return z
    .object({
      ca: secret.exactOptional().describe('PEM of the certificate authority; default: those of Node'),
      cert: secret.exactOptional().describe('PEM of the client certificate (mutual TLS)'),
      key: secret.exactOptional().describe('PEM of the client key'),
      rejectUnauthorized: z.boolean().default(true).describe('false: any server certificate is believed; tests only'),
    })
    .superRefine(({ cert, key }, context) => {
      if (cert && !key) context.addIssue(missing('key', 'is missing beside cert', 'add key: file:client.key'))
      if (key && !cert) context.addIssue(missing('cert', 'is missing beside key', 'add cert: file:client.pem'))
    })
}

function missing(member: string, message: string, instead: string) {
  return { code: 'custom' as const, message, params: { instead }, path: [member] }
}

function onOrOff<T>(value: boolean, whenOn: T): false | T {
  return value ? whenOn : false
}

function ssl(place: PlaceTypes) {
  const plainTls: { ca?: Secret; cert?: Secret; key?: Secret; rejectUnauthorized: boolean } = {
    rejectUnauthorized: true,
  }
  return z.union([z.boolean().transform((value) => onOrOff(value, plainTls)), tls(place)])
}

function sasl({ secret }: PlaceTypes) {
  return z.object({
    mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('how the broker asks for the password'),
    username: secret.describe('user name'),
    password: secret.describe('password'),
  })
}

/** Groups of one cluster share a name space: these characters are safe in every tool. */
const GROUP_PREFIX = {
  pattern: /^[A-Za-z0-9._-]{0,128}$/,
  noun: 'group prefix',
  instead: 'write at most 128 of A-Z a-z 0-9 . _ -',
}

/** What brokers allow unless told otherwise: `group.min.session.timeout.ms` and `group.max.session.timeout.ms`. */
const MIN_SESSION_MS = 6_000
const MAX_SESSION_MS = 30 * 60_000
/** Twice a garbage collection or a broker's restart at its worst, and a crashed process is still replaced soon. */
const DEFAULT_SESSION_MS = 30_000

/** How to reach Kafka, and the names that Millrace uses there. */
export function kafkaSection(place: PlaceTypes) {
  return kafkaMembers(place).transform(({ sessionTimeout, ...kafka }) => ({
    ...kafka,
    sessionTimeoutMs: sessionTimeout,
  }))
}

function kafkaMembers(place: PlaceTypes) {
  return z.object({
    brokers: brokers().describe('host:port of some brokers; a list or one comma-separated text'),
    clientId: text().default('millrace').describe('name in the logs and quotas of the brokers'),
    ssl: ssl(place).default(false).describe('true: TLS; or a block with certificates'),
    sasl: sasl(place).exactOptional().describe('how Millrace logs in; without it, it does not'),
    groupPrefix: textLike(GROUP_PREFIX).default('millrace.').describe('consumer group = prefix + connector name'),
    sessionTimeout: duration(MIN_SESSION_MS, MAX_SESSION_MS)
      .default(DEFAULT_SESSION_MS)
      .describe('a process that is silent for so long loses its partitions to the others'),
    topics: z
      .object({
        drops: topicName().default('millrace.drops').describe('the drop ledger'),
        deadLetters: topicName().default('millrace.dead-letters').describe('events that can never be delivered'),
        health: topicName().default('millrace.health').describe('what each process says of its connectors, for a day'),
        control: topicName()
          .default('millrace.control')
          .describe('which connectors are paused, and what else is asked'),
      })
      .prefault({})
      .describe('topics Millrace writes; created when absent and allowed'),
  })
}
