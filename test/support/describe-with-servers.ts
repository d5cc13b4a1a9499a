import { describe, inject } from 'vitest'
import type { Missing, ProvidedServers } from './start-servers.js'

type Servers = { [Name in keyof ProvidedServers]: Exclude<ProvidedServers[Name], Missing> }

/**
 * `describe` for tests of the integration project that need servers: the shared `kafka`, `s3` and `moto`, or `java` to
 * start local servers of their own. `body` gets their addresses. Without one of them its tests are skipped, with the
 * reason as a part of their name; with CI=true the test file fails.
 */
export function describeWithServers<Name extends keyof ProvidedServers>(
  name: string,
  needed: Name[],
  body: (servers: Pick<Servers, Name>) => void,
): void {
  const found = inject('servers')
  const missing = needed.flatMap((server) => ('missing' in found[server] ? [found[server].missing] : []))
  const reasons = [...new Set(missing)].join('; ')
  if (reasons && process.env.CI === 'true') throw new Error(reasons)
  // The body is registered even so: every test that did not run is counted and named.
  if (reasons) describe.skip(`${name} (${reasons})`, () => body(placeholders))
  else describe(name, () => body(found as Servers))
}

/** Never connected to: stands in where the body only passes addresses on. */
const placeholders: Servers = {
  kafka: { brokers: [] },
  s3: { endpoint: '', accessKeyId: '', secretAccessKey: '' },
  moto: { endpoint: '', admin: { accessKeyId: '', secretAccessKey: '' } },
  java: {},
  python: {},
}
