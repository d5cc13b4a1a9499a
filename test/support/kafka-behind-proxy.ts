import { startKafka, type KafkaOptions, type LocalKafka } from '../../scripts/servers/local-kafka.js'
import { KafkaProxy } from './kafka-proxy.js'

export interface KafkaBehindProxy {
  kafka: LocalKafka
  /** One in front of each node. */
  proxies: KafkaProxy[]
  /** What the clients under test connect to; `kafka.brokers` goes past the proxies. */
  brokers: string[]
  stop(): Promise<void>
}

/** Starts Kafka with a fault proxy in front of every node. */
export async function startKafkaBehindProxy(options: KafkaOptions = {}, seed = 1): Promise<KafkaBehindProxy> {
  const nodes = Array.from({ length: options.nodes ?? 1 })
  const proxies = await Promise.all(nodes.map((_, index) => KafkaProxy.start({ seed: seed + index })))
  const kafka = await startKafka({ ...options, proxyPorts: proxies.map(({ port }) => port) })
  proxies.forEach((proxy, index) => proxy.forwardTo(kafka.proxied[index]!))
  const stop = async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()))
    await kafka.stop()
  }
  return { kafka, proxies, brokers: proxies.map(({ address }) => address), stop }
}
