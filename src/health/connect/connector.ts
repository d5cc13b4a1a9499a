import type { Configuration, ConnectorSettings } from '../../config/configuration.js'
import type { ConnectorReport, HealthReader } from '../report.js'

/** A connector as it is configured, and how it is. */
export interface Connector {
  settings: ConnectorSettings
  report: ConnectorReport
}

/** All connectors, in the order of the configuration. */
export class Connectors {
  readonly #settings: ReadonlyMap<string, ConnectorSettings>

  constructor(
    configuration: Configuration,
    private readonly reader: HealthReader,
  ) {
    this.#settings = new Map(configuration.connectors.map((connector) => [connector.name, connector]))
  }

  all(): Connector[] {
    return this.reader.connectors().flatMap((report) => {
      const settings = this.#settings.get(report.name)
      return settings ? [{ settings, report }] : []
    })
  }

  named(name: string): Connector | undefined {
    const [settings, report] = [this.#settings.get(name), this.reader.connector(name)]
    return settings && report && { settings, report }
  }
}
