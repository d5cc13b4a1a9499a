import { Secret } from '../../src/runtime/secret.js'
import { configurationFile } from '../config/configuration-files.js'
import { served, simulated } from '../health/http/served.js'
import { recordingTerminal } from '../support/recording-terminal.js'

/** Nobody listens there: only root could, and no service is known for the port. */
export const NOBODY = 'http://127.0.0.1:2'

export const TOKEN = 'planted-token'

/** Connectors of the configuration; an instance may run others. */
const CONNECTORS = ['connector-0', 'connector-2', 'connector-8']

/**
 * An instance that runs nine simulated connectors behind a token, and the configuration file of somebody who may ask it.
 * `http`: what stands there instead.
 */
export async function servingProject({ http, token = TOKEN }: { http?: object | false; token?: string } = {}) {
  const health = simulated()
  const { server } = await served({ health, http: { token: new Secret({ kind: 'inline' }, () => TOKEN) } })
  const destinationOf = (name: string) => ({ type: 'folder', path: name })
  const config = await configurationFile({
    kafka: { brokers: ['127.0.0.1:2'] },
    service: { http: http ?? { port: server.port, token: 'env:TOKEN' } },
    connectors: Object.fromEntries(
      CONNECTORS.map((name) => [name, { topics: ['events'], destination: destinationOf(name) }]),
    ),
  })
  return { config, health, server, terminal: recordingTerminal({ TOKEN: token }) }
}
