import { describe, expect, test } from 'vitest'
import { entraCredential, type EntraAccount } from '../../src/destinations/event-hubs-entra.js'
import { diagnose } from '../../src/destinations/event-hubs-failure.js'
import { Secret } from '../../src/runtime/secret.js'

const SCOPE = 'https://eventhubs.azure.net//.default'
const account: EntraAccount = {
  ...{ type: 'event-hubs', namespace: 'acme.servicebus.windows.net' },
  ...{ tenantId: '11111111-1111-1111-1111-111111111111', clientId: '22222222-2222-2222-2222-222222222222' },
  clientSecret: new Secret({ kind: 'inline' }, () => 'planted-secret'),
}

type Http = NonNullable<Parameters<typeof entraCredential>[3]>

interface Answer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

/** Entra ID, as far as a client credentials flow asks for it; `answer` is that of the token endpoint. */
function entra(answer: Answer | Error): Http {
  return {
    sendRequest(request) {
      const found = discovery(request.url) ?? answer
      if (found instanceof Error) return Promise.reject(found)
      const held = new Map(Object.entries(found.headers ?? {}))
      const headers = Object.assign(held, { toJSON: () => Object.fromEntries(held) })
      return Promise.resolve({ request, status: found.status, headers, bodyAsText: JSON.stringify(found.body) })
    },
  }
}

function discovery(url: string): Answer | undefined {
  const login = 'https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111'
  if (url.includes('openid-configuration')) {
    const endpoints = { token_endpoint: `${login}/oauth2/v2.0/token`, authorization_endpoint: `${login}/authorize` }
    return { status: 200, body: { ...endpoints, issuer: `${login}/v2.0`, jwks_uri: `${login}/keys` } }
  }
  if (!url.includes('discovery/instance')) return undefined
  const hosts = ['login.microsoftonline.com', 'login.windows.net']
  const metadata = [{ preferred_network: hosts[0], preferred_cache: hosts[1], aliases: hosts }]
  return { status: 200, body: { 'api-version': '1.1', tenant_discovery_endpoint: `${login}/v2.0`, metadata } }
}

async function outcome(answer: Answer | Error) {
  const credential = entraCredential(account, 'planted-secret', { hadIdentity: false }, entra(answer))
  try {
    return (await credential.getToken(SCOPE))?.token
  } catch (error) {
    const found = diagnose(error)
    expect(JSON.stringify(found)).not.toContain('planted')
    expect(found.hitsAll).toBe(true)
    return [found.class, found.code, found.retryAfterMs].filter((part) => part !== undefined).join(' ')
  }
}

const refused = (error: string, ...codes: number[]) => ({ status: 400, body: { error, error_codes: codes } })

describe('an application of Entra ID', () => {
  test('gets a token', async () => {
    expect(
      await outcome({ status: 200, body: { access_token: 'a token', expires_in: 3600, token_type: 'Bearer' } }),
    ).toBe('a token')
  })

  test.each<[string, Answer | Error, string]>([
    ['a wrong secret', refused('invalid_client', 7000215), 'credentials AADSTS7000215'],
    ['an expired secret', refused('invalid_client', 7000222), 'credentials AADSTS7000222'],
    ['an unknown application', refused('unauthorized_client', 700016), 'credentials AADSTS700016'],
    ['an unknown tenant', refused('invalid_request', 90002), 'credentials AADSTS90002'],
    ['a number we do not know', refused('invalid_client', 123456), 'credentials invalid_client'],
    [
      'a passing error',
      { status: 503, body: { error: 'temporarily_unavailable', error_codes: [90033] } },
      'transient AADSTS90033',
    ],
    ['an outage', { status: 502, body: 'bad gateway' }, 'transient NO_TOKEN'],
    ['too many requests', { status: 429, body: {}, headers: { 'retry-after': '7' } }, 'throttled HTTP_429 7000'],
    ['no network', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'transient ECONNREFUSED'],
  ])('%s', async (_name, answer, expected) => {
    expect(await outcome(answer)).toBe(expected)
  })

  test('a tenant id that can be none', () => {
    const create = () =>
      entraCredential({ ...account, tenantId: 'no tenant!' }, 'planted-secret', { hadIdentity: false })
    try {
      create()
      expect.unreachable()
    } catch (error) {
      expect(diagnose(error)).toMatchObject({ class: 'credentials', code: 'invalid_tenant' })
    }
  })
})
