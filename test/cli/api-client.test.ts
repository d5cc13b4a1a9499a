import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ApiClient, hasMembers } from '../../src/cli/api-client.js'
import { Secret } from '../../src/runtime/secret.js'
import { served } from '../health/http/served.js'
import { httpReceiver } from '../support/http-receiver.js'

const secret = (text: string) => new Secret({ kind: 'inline' }, () => text)
const isConnector = (body: unknown): body is { name: string } => hasMembers(body, 'name', 'totals')
const isDone = (body: unknown): body is { message: string } => hasMembers(body, 'message')
const CONNECTOR = 'api/v1/connectors/connector-0'

/** A port that only root could listen on, and no service is known for. */
const NOBODY = 'http://127.0.0.1:2'

interface Options {
  token?: string
  stop?: AbortSignal
  timeoutMs?: number
}

function clientOf(url: string, { token, stop = new AbortController().signal, timeoutMs }: Options = {}): ApiClient {
  return new ApiClient(
    { url: new URL(`${url}/`), ...(token !== undefined && { token: secret(token) }) },
    stop,
    timeoutMs,
  )
}

/** What it throws, as code and message. */
async function failureOf(answer: Promise<unknown>): Promise<[code: string, message: string]> {
  const { code, message } = await answer.then(
    () => ({ code: 'none', message: 'it was answered' }),
    (error: { code: string; message: string }) => error,
  )
  return [code, message]
}

/** The origin of a server that is not Millrace; it ends with the test. */
async function other(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answering = (status: number, body: string, headers = {}) =>
  other((_request, response) => void response.writeHead(status, headers).end(body))

describe('the API client', () => {
  it('asks, and has done what changes something', async () => {
    const { server, health } = await served()
    const client = clientOf(server.url)
    expect(await client.get(CONNECTOR, isConnector)).toMatchObject({ name: 'connector-0', state: 'running' })
    expect(await client.post(`${CONNECTOR}/probe`, isDone)).toMatchObject({ operation: 'probe' })
    expect(health.asked).toEqual([['probe', 'connector-0', 'command line']])
  })

  it('asks below the path of its address', async () => {
    const paths: (string | undefined)[] = []
    const url = await other(({ url }, response) => (paths.push(url), void response.end('{"message":"x"}')))
    await clientOf(`${url}/millrace`).get(CONNECTOR, isDone)
    expect(paths).toEqual([`/millrace/${CONNECTOR}`])
  })

  it('has a token of any characters', async () => {
    const token = 'päss: wörd 夏'
    const { server } = await served({ http: { token: secret(token) } })
    expect(await clientOf(server.url, { token }).get(CONNECTOR, isConnector)).toMatchObject({ name: 'connector-0' })
  })

  it.each([
    ['planted-other', 'service.http.token is not the one it runs with: use the configuration it runs with'],
    [undefined, 'service.http.token is not set here, and it asks for one: use the configuration it runs with'],
  ])('says which option to look at when the token is refused: %s', async (token, hint) => {
    const { server } = await served({ http: { token: secret('planted-token') } })
    const refused = await failureOf(clientOf(server.url, token === undefined ? {} : { token }).get('', isConnector))
    expect(refused).toEqual(['CONFIGURATION', `the instance at ${server.url} refuses the token: ${hint}`])
  })

  it('passes on what the instance says of a connector', async () => {
    const { server } = await served()
    expect(await failureOf(clientOf(server.url).get('api/v1/connectors/conector-0', isConnector))).toEqual([
      'USAGE',
      'there is no connector "conector-0": did you mean connector-0?',
    ])
  })

  it('passes on why the instance cannot do it', async () => {
    const body = { error: { code: 'KAFKA_WRITE', message: 'no broker takes it\u001b[31m' } }
    const url = await answering(503, JSON.stringify(body))
    const failure = await failureOf(clientOf(url).post(`${CONNECTOR}/pause`, isDone))
    expect(failure).toEqual(['INSTANCE_FAILED', `the instance at ${url}: no broker takes it\\u001b[31m (HTTP 503)`])
  })

  it('that the connector does not allow it is a mistake of the caller', async () => {
    const url = await answering(409, JSON.stringify({ error: { code: 'USAGE', message: 'it is not launched' } }))
    expect(await failureOf(clientOf(url).post(`${CONNECTOR}/pause`, isDone))).toEqual(['USAGE', 'it is not launched'])
  })
})

describe('what is no instance', () => {
  it('does not listen', async () => {
    const failure = await failureOf(clientOf(NOBODY).get(CONNECTOR, isConnector))
    expect(failure).toEqual(['NO_INSTANCE', `no running instance answers at ${NOBODY} (ECONNREFUSED)`])
  })

  it.each([
    ['a page', 200, '<html>', 'HTTP 200, no JSON'],
    ['other JSON', 200, '{"status":"ok"}', 'HTTP 200, other JSON'],
    ['an error of others', 404, '{"error":"not found"}', 'HTTP 404, other JSON'],
    ['a login of others', 401, 'who are you', 'HTTP 401, no JSON'],
    ['a worker of Kafka Connect', 404, '{"error_code":404,"message":"HTTP 404 Not Found"}', 'HTTP 404, other JSON'],
    ['nothing', 200, '', 'HTTP 200, no JSON'],
  ])('answers with %s', async (_what, status, body, shown) => {
    const url = await answering(status, body)
    const failure = await failureOf(clientOf(url).get(CONNECTOR, isConnector))
    expect(failure).toEqual(['NO_INSTANCE', `what answers at ${url} is not Millrace (${shown})`])
  })

  it('leads elsewhere, where no token goes', async () => {
    const elsewhere = await httpReceiver()
    const url = await answering(302, '', { location: `${elsewhere.origin}/` })
    const failure = await failureOf(clientOf(url, { token: 'planted-token' }).get(CONNECTOR, isConnector))
    expect(failure).toEqual(['NO_INSTANCE', `what answers at ${url} is not Millrace (HTTP 302, no JSON)`])
    expect(elsewhere.received).toEqual([])
  })

  it('hangs: no more is known of what it was asked to do', async () => {
    const url = await other(() => undefined)
    const client = clientOf(url, { timeoutMs: 100 })
    expect(await failureOf(client.get(CONNECTOR, isConnector))).toEqual([
      'NO_INSTANCE',
      `no running instance answers at ${url} (nothing within 0.1 s)`,
    ])
    expect(await failureOf(client.post(`${CONNECTOR}/pause`, isDone))).toEqual([
      'INSTANCE_FAILED',
      `the instance at ${url} says nothing within 0.1 s: whether it does what was asked is not known: look with millrace status`,
    ])
  })

  it('hangs in the middle of its answer', async () => {
    const url = await other((_request, response) => void response.write('{'))
    const [code] = await failureOf(clientOf(url, { timeoutMs: 100 }).get(CONNECTOR, isConnector))
    expect(code).toBe('NO_INSTANCE')
  })

  it('is not waited for once the command is stopped', async () => {
    const stop = new AbortController()
    const url = await other(() => stop.abort())
    const [code] = await failureOf(clientOf(url, { stop: stop.signal }).get(CONNECTOR, isConnector))
    expect(code).toBe('NO_INSTANCE')
  })
})
