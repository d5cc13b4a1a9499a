import { suggestion } from '../../config/suggestion.js'
import type { HttpContext } from '../http/client.js'
import { Refusal } from '../http/refusal.js'
import type { ConnectorReport, HealthReader } from '../report.js'

/** The connector of a path `/connectors/:name/...`. Throws `UNKNOWN_CONNECTOR`. */
export function connectorOf(reader: HealthReader, c: HttpContext): ConnectorReport {
  return connectorNamed(reader, c.req.param('name') ?? '')
}

/** Throws `UNKNOWN_CONNECTOR` with the nearest name, else with where to see those there are. */
export function connectorNamed(reader: HealthReader, name: string): ConnectorReport {
  const found = reader.connector(name)
  if (found) return found
  const names = reader.connectors().map((connector) => connector.name)
  const nearest = suggestion(name, names)
  const instead = nearest ? `did you mean ${nearest}?` : 'GET /api/v1/connectors names those there are'
  throw new Refusal('UNKNOWN_CONNECTOR', `there is no connector "${name}": ${instead}`)
}
