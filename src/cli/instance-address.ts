import { isForbidden } from '../config/addresses.js'
import type { Configuration } from '../config/configuration.js'
import { MillraceError } from '../runtime/errors.js'
import { ApiClient } from './api-client.js'
import type { Project } from './project.js'

/** Addresses to listen on that mean every address, and how this machine is reached then. */
const ANYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]', '[::]': '[::1]' }

/** Of the instance at `named` (`--url`), else of the configured one. Errors as `instanceUrl`. */
export function clientOf({ configuration }: Project, named: string | undefined, stop: AbortSignal): ApiClient {
  const { service } = configuration
  const token = service.http === false ? undefined : service.http.token
  return new ApiClient({ url: instanceUrl(service, named), ...(token && { token }) }, stop)
}

/**
 * Where an instance is asked: `named` (`--url`), else where the configuration makes one listen on this machine. Throws
 * `MillraceError` `USAGE` for a name that is no address, `NO_INSTANCE` where the configuration does not tell one.
 */
function instanceUrl({ http }: Configuration['service'], named: string | undefined): URL {
  if (named !== undefined) return namedUrl(named)
  if (http === false) throw nowhere('service.http is false, so no instance of this configuration can be asked')
  if (http.port === 0)
    throw nowhere('service.http.port is 0, so where an instance listens is not known: name it with --url')
  const host = ANYWHERE[http.host] ?? http.host
  return new URL(`http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${http.port}/`)
}

function namedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw mistake(text, 'is no address: write it like http://127.0.0.1:8080')
  // Not shown: it is the secret.
  if (url.username !== '' || url.password !== '')
    throw mistake('', 'holds a user or password: leave them out, the token is service.http.token')
  if (isForbidden(url.hostname)) throw mistake(text, 'is a link-local or metadata address')
  if (url.search !== '' || url.hash !== '') throw mistake(text, `has a query: write ${url.origin}${url.pathname}`)
  return url.pathname.endsWith('/') ? url : new URL(`${url.href}/`)
}

const nowhere = (why: string) => new MillraceError('NO_INSTANCE', why)
const mistake = (text: string, what: string) => new MillraceError('USAGE', `--url ${text}${text && ' '}${what}`)
