import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jarsFolder } from '../../scripts/servers/jars.js'
import { runJava } from '../../scripts/servers/jvm.js'
import { createHttpApp } from '../../src/health/http/app.js'
import { startHttpServer, type HttpServer } from '../../src/health/http/server.js'
import { connectApp, SECRETS } from '../health/connect/connect-app.js'
import { describeWithServers } from '../support/describe-with-servers.js'
import { FakeClock } from '../support/fake-clock.js'
import { pythonPackages } from '../support/python.js'
import { silentLogger } from '../support/source-log.js'

const STATES = ['RUNNING', 'RUNNING', 'FAILED', 'FAILED', 'FAILED', 'PAUSED', 'UNASSIGNED', 'UNASSIGNED']
const NAMES = STATES.map((_, n) => `connector-${n}`)

const { health, parts } = connectApp()
let server: HttpServer

beforeAll(async () => {
  const app = createHttpApp({ ...parts, local: health, clock: new FakeClock(), logger: silentLogger })
  server = await startHttpServer(app, { host: '127.0.0.1', port: 0 })
})

afterAll(() => server.close())

describeWithServers("Java programs that ask as if it were Kafka Connect's API", ['java'], () => {
  let said: { again: Record<string, unknown>; client: Record<string, unknown> }

  // Downloads, the first time.
  beforeAll(async () => {
    said = (await askFromJava()) as typeof said
  })

  it("has answers that Kafka's own classes, read strictly, write again exactly as they were", async () => {
    expect(Object.keys(said.again)).toHaveLength(NAMES.length + 10)
    for (const [path, again] of Object.entries(said.again)) {
      expect(again, path).toEqual(await ourAnswer(path))
    }
  })

  it('is understood by the client that AKHQ is built on', () => {
    expect(said.client).toEqual({
      version: '4.3.1-millrace-0.1.0',
      names: NAMES,
      states: STATES.map((state) => `${state} ${state}`),
      trace: expect.stringContaining('NoSuchBucket: the bucket customer-4 does not exist') as string,
      class: 'millrace.S3SinkConnector',
      topics: ['events.0', 'events.more'],
      expanded: NAMES.length,
      plugins: 4,
      paused: 'PAUSED',
      resumed: 'RUNNING',
      restarted: [true, true],
      deleted: expect.stringContaining('The configuration file alone says') as string,
      missing: 'Connector nope not found',
    })
  })
})

describeWithServers("kc, a command line for Kafka Connect's API", ['python'], () => {
  let packages: string[]

  beforeAll(async () => {
    packages = await pythonPackages(['kafka-connect-py==1.0.0'])
  })

  async function kc(...args: string[]): Promise<unknown> {
    const run = 'from kafka_connect.cli import cli; cli()'
    const { stdout } = await promisify(execFile)(
      'python3',
      ['-c', run, '--url', server.url, '--auth', `kc:${SECRETS.TOKEN}`, ...args],
      { env: { ...process.env, PYTHONPATH: packages.join(':') } },
    )
    return stdout.trim() === '' ? undefined : JSON.parse(stdout)
  }

  it('lists, pauses, resumes, restarts', async () => {
    expect(await kc('list', '--state', 'FAILED')).toEqual(NAMES.filter((_, n) => STATES[n] === 'FAILED'))
    expect(await kc('list-topics', 'connector-0')).toEqual({ 'connector-0': { topics: ['events.0', 'events.more'] } })
    await kc('pause', 'connector-1')
    expect(await kc('status', 'connector-1')).toMatchObject({ connector: { state: 'PAUSED' } })
    await kc('resume', 'connector-1')
    expect(health.connector('connector-1')).toMatchObject({ state: 'running' })
    await kc('restart', 'connector-4', '--include-tasks')
    expect(health.asked.at(-1)).toEqual(['probe', 'connector-4', 'kafka-connect'])
  })
})

describe('without the token', () => {
  it('answers nobody', async () => {
    const answer = await fetch(`${server.url}/connectors`)
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Basic/)])
  })
})

const VALIDATE = '/connector-plugins/S3Sink/config/validate'
const CONFIG = JSON.stringify({ name: 'new', 'connector.class': 'S3Sink', bogus: '1' })

async function ourAnswer(path: string): Promise<unknown> {
  const basic = Buffer.from(`:${SECRETS.TOKEN}`).toString('base64')
  const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/json' }
  const change = path === VALIDATE ? { method: 'PUT', body: CONFIG } : {}
  return (await fetch(server.url + path, { ...change, headers })).json()
}

/** Runs `ASKING` and returns what it wrote. */
async function askFromJava(): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-connect-'))
  const [script, written] = [join(folder, 'asking.js'), join(folder, 'said.json')]
  try {
    await writeFile(script, ASKING)
    await runJava({
      ...{ jars: await jarsFolder('connect-clients'), mainClass: 'org.mozilla.javascript.tools.shell.Main' },
      ...{ args: ['-version', '200', script, server.url, SECRETS.TOKEN, written], heapMiB: 128 },
    })
    return JSON.parse(await readFile(written, 'utf8'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/**
 * JavaScript inside of a Java machine (Rhino), so that no Java compiler is needed. Jackson reads the answers strictly, as it
 * is: a member that Kafka's class does not know fails.
 */
const ASKING = `
const [url, token, written] = arguments
const client = Packages.org.sourcelab.kafka.connect.apiclient
const http = java.net.http.HttpClient.newHttpClient()
const mapper = new Packages.com.fasterxml.jackson.databind.ObjectMapper()

const entity = (name) => 'org.apache.kafka.connect.runtime.rest.entities.' + name
const listOf = (type) => 'java.util.List<' + type + '>'
const mapOf = (type) => 'java.util.Map<java.lang.String,' + type + '>'

function ask(path) {
  const basic = java.util.Base64.getEncoder().encodeToString(new java.lang.String('x:' + token).getBytes())
  const request = java.net.http.HttpRequest.newBuilder(java.net.URI.create(url + path))
  request.header('Authorization', 'Basic ' + basic).header('Content-Type', 'application/json')
  if (path === '${VALIDATE}') request.PUT(java.net.http.HttpRequest.BodyPublishers.ofString('${CONFIG}'))
  return http.send(request.build(), java.net.http.HttpResponse.BodyHandlers.ofString()).body()
}

function read() {
  const types = {
    '/connectors/connector-0': entity('ConnectorInfo'),
    '/connectors/connector-0/tasks': listOf(entity('TaskInfo')),
    '/connectors/connector-0/offsets': entity('ConnectorOffsets'),
    '/connectors/connector-0/tasks/0/status': entity('ConnectorStateInfo$TaskState'),
    '/connectors?expand=info': mapOf(mapOf(entity('ConnectorInfo'))),
    '/connectors?expand=status': mapOf(mapOf(entity('ConnectorStateInfo'))),
    '/connector-plugins/S3Sink/config': listOf(entity('ConfigKeyInfo')),
    '/admin/loggers': mapOf(entity('LoggerLevel')),
    '/connectors/nope': entity('ErrorMessage'),
    '${VALIDATE}': entity('ConfigInfos'),
  }
  for (let n = 0; n < 8; n++) types['/connectors/connector-' + n + '/status'] = entity('ConnectorStateInfo')
  const again = {}
  Object.keys(types).forEach((path) => {
    const type = mapper.getTypeFactory().constructFromCanonical(types[path])
    again[path] = JSON.parse(String(mapper.writeValueAsString(mapper.readValue(ask(path), type))))
  })
  return again
}

function use() {
  const kafkaConnect = new client.KafkaConnectClient(new client.Configuration(url).useBasicAuth('akhq', token))
  const textsOf = (list) => Array.from(list.toArray(), String)
  const stateOf = (name) => String(kafkaConnect.getConnectorStatus(name).getConnector().get('state'))
  const refusalOf = (ask) => {
    try {
      ask()
      return 'not refused'
    } catch (refused) {
      return String(refused.javaException.getMessage())
    }
  }
  const names = textsOf(kafkaConnect.getConnectors())
  return {
    version: String(kafkaConnect.getConnectServerVersion().getVersion()),
    names,
    states: names.map((name) => stateOf(name) + ' ' + kafkaConnect.getConnectorTaskStatus(name, 0).getState()),
    trace: String(kafkaConnect.getConnectorTaskStatus('connector-4', 0).getTrace()),
    class: String(kafkaConnect.getConnectorConfig('connector-0').get('connector.class')),
    topics: textsOf(kafkaConnect.getConnectorTopics('connector-0').getTopics()),
    expanded: kafkaConnect.getConnectorsWithAllExpandedMetadata().getAllDefinitions().size(),
    plugins: kafkaConnect.getConnectorPlugins().size(),
    paused: kafkaConnect.pauseConnector('connector-0') && stateOf('connector-0'),
    resumed: kafkaConnect.resumeConnector('connector-0') && stateOf('connector-0'),
    restarted: [kafkaConnect.restartConnector('connector-0'), kafkaConnect.restartConnectorTask('connector-0', 0)].map(Boolean),
    deleted: refusalOf(() => kafkaConnect.deleteConnector('connector-0')),
    missing: refusalOf(() => kafkaConnect.getConnector('nope')),
  }
}

const said = java.lang.String.valueOf(JSON.stringify({ again: read(), client: use() }))
java.nio.file.Files.writeString(java.nio.file.Path.of(written), said)
`
