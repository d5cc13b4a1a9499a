import type { LocalConnector, LocalHealth } from '../local-health.js'
import { FAMILIES } from './families.js'
import type { Family, Scraped } from './family.js'
import { familyHead, label, sample } from './open-metrics.js'
import { processMetrics } from './process-metrics.js'

/**
 * The text of `/metrics`, as pieces of UTF-8 to be sent one after the other; each call of the result reads everything anew.
 * What has not changed since the call before is neither written nor encoded again: one string of 500 connectors (5 MB) would
 * cost more to put together and to send (12 ms) than a scrape may take.
 */
export function metricsText(local: LocalHealth): () => Promise<Buffer[]> {
  const connectors = new ConnectorTexts()
  const processText = processMetrics()
  const build = Buffer.from(buildInfo(local.version))
  // The last one ends the document.
  return async () => [build, ...connectors.read(local.connectors()), Buffer.from(await processText())]
}

function buildInfo(version: string): string {
  const name = 'millrace_build_info'
  return familyHead(name, 'gauge', 'The version that runs; always 1.') + sample(name, label('version', version), 1)
}

/** The families of all connectors that the process runs, one after the other. */
class ConnectorTexts {
  #known: { tally: unknown; labels: string }[] = []
  #families: FamilyText[] = []

  read(connectors: readonly LocalConnector[]): Buffer[] {
    if (!this.#knows(connectors)) this.#start(connectors)
    const scraped = connectors.map((connector, index): Scraped => ({
      tally: connector.tally,
      report: connector.report(),
      buffered: connector.buffered(),
      labels: this.#known[index]!.labels,
    }))
    return this.#families.map((family) => family.read(scraped))
  }

  #knows(connectors: readonly LocalConnector[]): boolean {
    const isKnown = ({ tally }: LocalConnector, index: number) => tally === this.#known[index]?.tally
    return connectors.length === this.#known.length && connectors.every(isKnown)
  }

  #start(connectors: readonly LocalConnector[]): void {
    this.#known = connectors.map(({ tally, name, destinationType }) => ({
      tally,
      labels: `${label('connector', name)},${label('destination_type', destinationType)}`,
    }))
    this.#families = FAMILIES.map((family) => new FamilyText(family))
  }
}

/** The samples of one family of connectors that stay the same ones. */
class FamilyText {
  readonly #head: string
  readonly #seen: unknown[] = []
  readonly #samples: Buffer[] = []
  #text: Buffer

  constructor(private readonly family: Family) {
    this.#head = familyHead(family.name, family.type, family.help)
    this.#text = Buffer.from(this.#head)
  }

  read(connectors: readonly Scraped[]): Buffer {
    let hasChanged = false
    for (let index = 0; index < connectors.length; index++) {
      const seen = this.family.seen(connectors[index]!)
      if (index < this.#seen.length && Object.is(seen, this.#seen[index])) continue
      this.#seen[index] = seen
      this.#samples[index] = Buffer.from(this.family.samples(connectors[index]!))
      hasChanged = true
    }
    if (hasChanged) this.#text = Buffer.concat([Buffer.from(this.#head), ...this.#samples])
    return this.#text
  }
}
