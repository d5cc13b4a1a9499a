import { Hono } from 'hono'
import type { LocalHealth } from '../local-health.js'
import { metricsText } from './metrics-text.js'
import { METRICS_CONTENT_TYPE } from './open-metrics.js'

/** `GET /metrics`. Never compressed: that would cost many times what all the rest of a scrape does. */
export function metricsEndpoint(local: LocalHealth): Hono {
  const read = metricsText(local)
  return new Hono().get('/metrics', async (context) => {
    const pieces = await read()
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0)
    return context.body(streamOf(pieces), 200, {
      'Content-Type': METRICS_CONTENT_TYPE,
      'Content-Length': String(bytes),
    })
  })
}

function streamOf(pieces: readonly Buffer[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}
