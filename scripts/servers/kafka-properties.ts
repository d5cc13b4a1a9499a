import { join } from 'node:path'

/** What clients must do on the broker's extra, secured listener. At least one of `tls` and `sasl`. */
export interface KafkaSecurity {
  /** PEM texts; the key is unencrypted PKCS #8. With `clientCa`, only clients with a certificate of that authority get in. */
  tls?: { certificate: string; key: string; clientCa?: string }
  sasl?: { mechanism: SaslMechanism; users: { name: string; password: string }[] }
}

type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** The ports of one node, all on 127.0.0.1. */
export interface NodePorts {
  controller: number
  /** Plain text, always there: other brokers and tests use it. */
  plain: number
  /** With the demands of `KafkaSecurity`. */
  secure?: number
  /** Plain text; told to clients as another port, where a proxy listens. */
  proxied?: { listen: number; advertised: number }
}

export interface NodeLayout {
  /** Position in `cluster`; the node id is one more. */
  index: number
  cluster: NodePorts[]
  dataFolder: string
  security?: KafkaSecurity | undefined
  /** Further server properties; they win over the ones made here. */
  extra: Record<string, string>
}

const host = '127.0.0.1'

/** The text of a `server.properties`: broker and controller in one process (KRaft). */
export function serverProperties(layout: NodeLayout): string {
  const replicas = String(layout.cluster.length)
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(layout.index + 1),
    'controller.quorum.voters': layout.cluster
      .map(({ controller }, index) => `${index + 1}@${host}:${controller}`)
      .join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    ...listenerProperties(layout.cluster[layout.index]!, layout.security),
    'log.dirs': join(layout.dataFolder, 'log'),
    'default.replication.factor': replicas,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': '1',
    // One partition of each internal topic instead of 50: they take seconds to create and to move.
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.num.partitions': '1',
    // A group's first rebalance does not wait 3 s for further members.
    'group.initial.rebalance.delay.ms': '0',
    // A killed broker is taken for dead, and may come back, after 4 s instead of 9 s.
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '1000',
    ...(layout.security && securityProperties(layout.security)),
    ...layout.extra,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value.replaceAll('\n', '\\n')}\n`)
    .join('')
}

function listenerProperties(ports: NodePorts, security: KafkaSecurity | undefined): Record<string, string> {
  const listeners = [
    { name: 'PLAIN', protocol: 'PLAINTEXT', listen: ports.plain, advertised: ports.plain },
    ...(ports.secure
      ? [{ name: 'SECURE', protocol: protocolOf(security), listen: ports.secure, advertised: ports.secure }]
      : []),
    ...(ports.proxied ? [{ name: 'PROXIED', protocol: 'PLAINTEXT', ...ports.proxied }] : []),
  ]
  const all = [...listeners, { name: 'CONTROLLER', protocol: 'PLAINTEXT', listen: ports.controller }]
  return {
    listeners: all.map(({ name, listen }) => `${name}://${host}:${listen}`).join(','),
    'advertised.listeners': listeners.map(({ name, advertised }) => `${name}://${host}:${advertised}`).join(','),
    'listener.security.protocol.map': all.map(({ name, protocol }) => `${name}:${protocol}`).join(','),
  }
}

function protocolOf(security: KafkaSecurity | undefined): string {
  if (security?.sasl) return security.tls ? 'SASL_SSL' : 'SASL_PLAINTEXT'
  return 'SSL'
}

function securityProperties({ tls, sasl }: KafkaSecurity): Record<string, string> {
  const prefixed = (properties: Record<string, string>) =>
    Object.fromEntries(Object.entries(properties).map(([name, value]) => [`listener.name.secure.${name}`, value]))
  return {
    ...(tls && prefixed(tlsProperties(tls))),
    ...(sasl && prefixed({ 'sasl.enabled.mechanisms': sasl.mechanism, [jaasOption(sasl.mechanism)]: jaas(sasl) })),
  }
}

function tlsProperties({ certificate, key, clientCa }: NonNullable<KafkaSecurity['tls']>): Record<string, string> {
  const own = { 'ssl.keystore.type': 'PEM', 'ssl.keystore.certificate.chain': certificate, 'ssl.keystore.key': key }
  if (!clientCa) return own
  return {
    ...own,
    'ssl.client.auth': 'required',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': clientCa,
  }
}

const jaasOption = (mechanism: SaslMechanism) => `${mechanism.toLowerCase()}.sasl.jaas.config`

/** SCRAM users live in the cluster's metadata (see `scramUsers`), users of PLAIN in this line. */
function jaas({ mechanism, users }: NonNullable<KafkaSecurity['sasl']>): string {
  const security = 'org.apache.kafka.common.security'
  if (mechanism !== 'PLAIN') return `${security}.scram.ScramLoginModule required;`
  const entries = users.map(({ name, password }) => `user_${name}="${password}"`)
  return `${security}.plain.PlainLoginModule required ${entries.join(' ')};`
}

/** Arguments for Kafka's storage tool that create the SCRAM users. */
export function scramUsers(security: KafkaSecurity | undefined): string[] {
  if (!security?.sasl || security.sasl.mechanism === 'PLAIN') return []
  const { mechanism, users } = security.sasl
  return users.flatMap(({ name, password }) => ['--add-scram', `${mechanism}=[name=${name},password=${password}]`])
}
