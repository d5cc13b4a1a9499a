import type { MiddlewareHandler } from 'hono'
import { isMutation, type HttpContext, type HttpEnvironment } from './client.js'
import { Refusal } from './refusal.js'

type Rule = MiddlewareHandler<HttpEnvironment>

/**
 * No page from elsewhere changes anything, with whatever the browser adds to its requests. Programs send neither header.
 * What the browser says itself (`Sec-Fetch-Site`) counts before `Origin`, which a proxy that renames us makes look strange.
 */
export const sameSiteRule: Rule = async (c, next) => {
  if (!isMutation(c) || !comesFromElsewhere(c)) return next()
  throw new Refusal('CROSS_SITE', 'a page of another site asked for this: only pages from here may change anything')
}

function comesFromElsewhere({ req }: HttpContext): boolean {
  const site = req.header('sec-fetch-site')
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const origin = req.header('origin')
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== req.header('host')?.toLowerCase()
}

/** A browser sends such a header for another site only after it was allowed to, which it never is: there is no CORS here. */
export const customHeaderRule: Rule = async (c, next) => {
  if (!isMutation(c) || c.req.header('x-requested-with') !== undefined) return next()
  throw new Refusal('HEADER_MISSING', 'the header X-Requested-With is missing: send it, with any value')
}

/** As the rule before: forms and simple requests of browsers cannot say JSON. */
export const jsonRule: Rule = async (c, next) => {
  const [type = ''] = (c.req.header('content-type') ?? '').split(';')
  if (!isMutation(c) || type.trim().toLowerCase() === 'application/json') return next()
  throw new Refusal('NOT_JSON', 'the header Content-Type is not application/json: send it, even when there is no body')
}
