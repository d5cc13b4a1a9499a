import { Hono } from 'hono'
import type { HealthReader, Verdict } from '../report.js'
import type { HttpContext, HttpEnvironment } from './client.js'

/** `/livez` and `/readyz` (operations.md: HTTP): 200 or 503, and why in a line. Kubernetes asks without a token. */
export function probes(reader: Pick<HealthReader, 'live' | 'ready'>): Hono<HttpEnvironment> {
  const answer = (c: HttpContext, { isOk, reason }: Verdict) => c.text(`${reason}\n`, isOk ? 200 : 503)
  return new Hono<HttpEnvironment>()
    .get('/livez', (c) => answer(c, reader.live()))
    .get('/readyz', (c) => answer(c, reader.ready()))
}
