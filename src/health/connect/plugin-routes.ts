import { Hono } from 'hono'
import type { HttpContext, HttpEnvironment } from '../http/client.js'
import { configInfos, configKeyInfos } from './config-infos.js'
import type { ConnectParts } from './connect-api.js'
import type { Config } from './entities.js'
import { eitherWay } from './paths.js'
import { destinationTypeOf, pluginInfos } from './plugins.js'
import { ConnectRefusal } from './refusal.js'

/** Kinds of destinations, and the check of a configuration for one of them. */
export function pluginRoutes({ configuration, version }: ConnectParts): Hono<HttpEnvironment> {
  const app = new Hono<HttpEnvironment>()
  // There are no other plugins than connectors: `connectorsOnly` changes nothing.
  app.on('GET', eitherWay('/connector-plugins'), (c) => c.json(pluginInfos(version)))
  app.on('GET', eitherWay('/connector-plugins/:plugin/config'), (c) => {
    return c.json(configKeyInfos(requestedType(c.req.param('plugin') ?? '')))
  })
  app.on('PUT', eitherWay('/connector-plugins/:plugin/config/validate'), async (c) => {
    const plugin = c.req.param('plugin') ?? ''
    const config = await configIn(c)
    const given = config['connector.class'] ?? plugin
    if (destinationTypeOf(given) !== destinationTypeOf(plugin)) {
      throw new ConnectRefusal(400, `Included connector type ${given} does not match request type ${plugin}`)
    }
    return c.json(configInfos(requestedType(plugin), config, configuration))
  })
  return app
}

function requestedType(plugin: string) {
  const type = destinationTypeOf(plugin)
  if (type === undefined) throw new ConnectRefusal(404, `Unknown plugin ${plugin}.`)
  return type
}

/** Names and texts; numbers and truth values are taken as texts, as a worker does. */
async function configIn({ req }: HttpContext): Promise<Config> {
  if (!/^application\/json\s*(;|$)/i.test(req.header('content-type') ?? '')) {
    throw new ConnectRefusal(415, 'HTTP 415 Unsupported Media Type')
  }
  const body: unknown = await req.json().catch(() => undefined)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw NOT_A_CONFIGURATION
  const given = Object.entries(body).filter(([, value]) => value !== null)
  if (given.some(([, value]) => typeof value === 'object')) throw NOT_A_CONFIGURATION
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}

const NOT_A_CONFIGURATION = new ConnectRefusal(400, 'The body is no configuration: send one JSON object of texts.')
