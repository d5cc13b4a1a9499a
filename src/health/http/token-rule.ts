import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import type { Secret } from '../../runtime/secret.js'
import type { HttpEnvironment } from './client.js'
import { Refusal } from './refusal.js'

/**
 * Only who has the token is served: as `Authorization: Bearer`, or as the password of HTTP Basic with any user, which
 * browsers and clients of Kafka Connect can. It is read at each request, so that a rotated one holds at once.
 */
export function tokenRule(token: Secret): MiddlewareHandler<HttpEnvironment> {
  return async (c, next) => {
    if (isSame(presented(c.req.header('authorization') ?? ''), Buffer.from(token.read()))) return next()
    c.header('WWW-Authenticate', 'Basic realm="Millrace", charset="UTF-8"')
    throw new Refusal(
      'UNAUTHORIZED',
      'this needs the token of service.http.token: as "Authorization: Bearer TOKEN", or as the password of HTTP Basic',
    )
  }
}

/** Header values are bytes, which Node shows as Latin-1. */
function presented(authorization: string): Buffer {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(.*)$/i.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return Buffer.from(value, 'latin1')
  const userAndPassword = Buffer.from(value, 'base64')
  return userAndPassword.subarray(userAndPassword.indexOf(':') + 1)
}

/** In the same time whatever differs, the length too. */
function isSame(a: Buffer, b: Buffer): boolean {
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
  return timingSafeEqual(digest(a), digest(b))
}
