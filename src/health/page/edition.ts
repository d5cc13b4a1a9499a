import { createHash } from 'node:crypto'
import type { HealthReader } from '../report.js'
import type { Assets } from './assets.js'

/**
 * Names what a browser has loaded: scripts, styles and connectors. When the service comes back as another version, or with
 * another configuration, an open page is loaded anew.
 */
export function editionOf(assets: Assets, reader: HealthReader): string {
  const hash = createHash('sha256').update(assets.hash)
  for (const { name } of reader.connectors()) hash.update(`\n${name}`)
  return hash.digest('hex').slice(0, 16)
}
