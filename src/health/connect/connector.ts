import type { Configuration, ConnectorSettings } from '../../config/configuration.js'
import { flatTexts, type FlatTexts } from '../../config/flat/texts.js'
import type { ConnectorReport, HealthReader } from '../report.js'

/** A connector as it is configured, and how it is. */
export interface Connector extends Configured {
  report: ConnectorReport
}

interface Configured {
  settings: ConnectorSettings
  /** Its settings as names and texts, without secrets. */
  texts: FlatTexts
}

/** All connectors, in the order of the configuration. */
export class Connectors {
  readonly #configured: ReadonlyMap<string, Configured>

  constructor(
    { connectors }: Configuration,
    private readonly reader: HealthReader,
  ) {
    // Once: consoles ask for all configurations every few seconds.
    const configured = connectors.map((settings) => [settings.name, { settings, texts: flatTexts(settings) }] as const)
    this.#configured = new Map(configured)
  }

  all(): Connector[] {
    return this.reader.connectors().flatMap((report) => {
      const configured = this.#configured.get(report.name)
      return configured ? [{ ...configured, report }] : []
    })
  }

  named(name: string): Connector | undefined {
    const [configured, report] = [this.#configured.get(name), this.reader.connector(name)]
    return configured && report && { ...configured, report }
  }
}
