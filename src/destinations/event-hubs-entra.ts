import {
  ClientSecretCredential,
  DefaultAzureCredential,
  type TokenCredential,
  type TokenCredentialOptions,
} from '@azure/identity'
import type { AccountSettings } from '../config/configuration.js'

export type EntraAccount = Extract<AccountSettings, { namespace: string }>

/** What Microsoft Entra ID, or what stands in for it on this machine, answered last. */
export interface TokenAnswer {
  /** Of HTTP; 0 when there was no answer. */
  status: number
  /** The `error` of OAuth, and the numbers of Entra ID as `AADSTS…`; or Node's code for what the network did. */
  names: readonly string[]
  retryAfterMs?: number
}

/**
 * No token could be had, so nothing was asked of Event Hubs. `application`: with a client secret; `machine`: with the
 * identity of the machine; `machine-again`: that gave one before, so this is an outage of its source.
 */
export class EntraUnavailable extends Error {
  override readonly name = 'EntraUnavailable'

  constructor(
    readonly step: 'application' | 'machine' | 'machine-again',
    /** Undefined when nobody could be asked. */
    readonly answer: TokenAnswer | undefined,
  ) {
    super(`no token of Entra ID (${step})`)
  }
}

/** Given to every link of a destination: whether this machine has ever had an identity outlives the link. */
export interface MachineMemory {
  hadIdentity: boolean
}

/**
 * A credential of the SDK whose failures are `EntraUnavailable`. Throws it at once for a tenant id that can be none.
 * `http`: in place of the SDK's own.
 */
export function entraCredential(
  account: EntraAccount,
  secret: string,
  memory: MachineMemory,
  http?: TokenCredentialOptions['httpClient'],
): TokenCredential {
  const heard = new TokenAnswers(http)
  const application = account.clientSecret !== undefined
  const source = application ? applicationOf(account, secret, heard) : new DefaultAzureCredential(heard.options)
  const step = () => (application ? 'application' : memory.hadIdentity ? 'machine-again' : 'machine')
  return {
    async getToken(scopes, options) {
      heard.last = undefined
      try {
        const token = await source.getToken(scopes, options)
        memory.hadIdentity = true
        return token
      } catch {
        // The error holds nothing but text.
        throw new EntraUnavailable(step(), heard.last)
      }
    },
  }
}

function applicationOf(account: EntraAccount, secret: string, heard: TokenAnswers): TokenCredential {
  const { tenantId = '', clientId = '' } = account
  try {
    return new ClientSecretCredential(tenantId, clientId, secret, heard.options)
  } catch {
    throw new EntraUnavailable('application', { status: 0, names: ['invalid_tenant'] })
  }
}

interface TokenResponse {
  status: number
  bodyAsText?: string | null
  headers: { get(name: string): string | undefined }
}

/**
 * Listens to the answers themselves: the errors of `@azure/identity` are all of one name, and hold Entra's own only in
 * their text.
 */
class TokenAnswers {
  last: TokenAnswer | undefined

  /** For a credential: once each, retrying is ours. */
  readonly options: TokenCredentialOptions

  constructor(http: TokenCredentialOptions['httpClient']) {
    this.options = {
      retryOptions: { maxRetries: 0 },
      additionalPolicies: [{ policy: this.#policy(), position: 'perRetry' }],
      ...(http && { httpClient: http }),
    }
  }

  #policy() {
    return {
      name: 'millraceTokenAnswers',
      sendRequest: async <Request, Response extends TokenResponse>(
        request: Request,
        next: (request: Request) => Promise<Response>,
      ): Promise<Response> => {
        try {
          const response = await next(request)
          this.last = response.status < 400 ? undefined : answerOf(response)
          return response
        } catch (error) {
          const { code } = error as { code?: unknown }
          this.last = { status: 0, names: typeof code === 'string' ? [code] : [] }
          throw error
        }
      },
    }
  }
}

/** Microsoft Learn, "Microsoft identity platform and the OAuth 2.0 client credentials flow", "Error response". */
function answerOf({ status, bodyAsText, headers }: TokenResponse): TokenAnswer {
  const seconds = Number(headers.get('retry-after') ?? NaN)
  const answer = { status, names: namesIn(bodyAsText ?? '') }
  return seconds > 0 ? { ...answer, retryAfterMs: seconds * 1000 } : answer
}

function namesIn(body: string): string[] {
  try {
    const { error, error_codes: codes } = JSON.parse(body) as { error?: unknown; error_codes?: unknown }
    const numbers = Array.isArray(codes) ? codes.filter((code) => typeof code === 'number') : []
    return [...numbers.map((code) => `AADSTS${code}`), ...(typeof error === 'string' ? [error] : [])]
  } catch {
    return []
  }
}
