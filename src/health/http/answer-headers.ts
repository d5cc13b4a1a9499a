import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

const SELF = ["'self'"]
const NONE = ["'none'"]

/**
 * What browsers are told with every answer: nothing but our own scripts, styles, images and answers; no frames, no guessing
 * of types, no referrer. TLS ends elsewhere, so `Strict-Transport-Security` is for whoever ends it.
 */
export const securityHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: NONE,
    scriptSrc: SELF,
    styleSrc: SELF,
    imgSrc: SELF,
    connectSrc: SELF,
    formAction: SELF,
    frameAncestors: NONE,
    baseUri: NONE,
  },
  xFrameOptions: 'DENY',
  strictTransportSecurity: false,
})

/** What is shown is of now, and not for caches on the way; only who says otherwise (assets) may be kept. */
export const freshness: MiddlewareHandler = async (c, next) => {
  await next()
  if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store')
}
