import type { Configuration } from '../config/configuration.js'
import { createHttpApp } from '../health/http/app.js'
import { startHttpServer, type HttpServer } from '../health/http/server.js'
import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import type { Logger } from '../runtime/logger.js'
import type { Service } from '../service.js'

interface ServeParts {
  configuration: Configuration
  service: Pick<Service, 'overall'>
  version: string
  clock: Clock
  logger: Logger
}

/** Whoever has the address now, another instance that stops perhaps, may let go of it. */
const TRY_AGAIN_MS = 15_000

/**
 * The status page and the API, until `stop` aborts. Delivering comes first: an address that cannot be had is an error in the
 * log, and is tried again. Resolves when nothing is served any more.
 */
export async function serve(parts: ServeParts, stop: AbortSignal): Promise<void> {
  const { configuration, service, logger } = parts
  const { http } = configuration.service
  if (http === false) return
  const { board, operations } = service.overall
  const app = createHttpApp({
    ...parts,
    ...{ reader: board, local: board.local, operations, kafkaClusterId: () => service.overall.clusterId },
  })
  const server = await listening(() => startHttpServer(app, http), parts, stop)
  if (!server) return
  logger.info({ url: server.url }, `status page and API: ${server.url}`)
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
  await server.close()
}

/** Resolves to undefined when `stop` aborts before. */
async function listening(
  start: () => Promise<HttpServer>,
  { logger, clock }: ServeParts,
  stop: AbortSignal,
): Promise<HttpServer | undefined> {
  for (let attempt = 1; !stop.aborted; attempt++) {
    try {
      return await start()
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      if (attempt === 1) logger.error({ code: error.code }, `${error.message}. Events are delivered; it is tried again`)
      await clock.sleep(TRY_AGAIN_MS, stop)
    }
  }
  return undefined
}
