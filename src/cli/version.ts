import { readFileSync } from 'node:fs'

/** The version in package.json, which lies beside both `src` and `dist`. */
export function version(): string {
  const json = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(json) as { version: string }).version
}
