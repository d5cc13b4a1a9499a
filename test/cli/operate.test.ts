import { describe, expect, it } from 'vitest'
import { runCommandLine } from '../../src/cli.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { NOBODY, servingProject } from './serving-project.js'

type Serving = Awaited<ReturnType<typeof servingProject>>

const run = ({ config, terminal }: Serving, ...args: string[]) =>
  runCommandLine([...args, '--config', config], terminal)

describe('millrace pause, resume, probe, flush', () => {
  it.each(['pause', 'resume', 'probe', 'flush'] as const)('%s is done by the instance, and said', async (operation) => {
    const serving = await servingProject()
    expect(await run(serving, operation, 'connector-1')).toBe(0)
    expect(serving.health.asked).toEqual([[operation, 'connector-1', 'command line']])
    expect(serving.terminal.said).toEqual({ out: [expect.stringContaining(`connector-1: ${operation}`)], err: [] })
  })

  it('--json prints one document', async () => {
    const serving = await servingProject()
    expect(await run(serving, 'pause', 'connector-1', '--json')).toBe(0)
    const document = JSON.parse(serving.terminal.said.out.join('\n')) as { message: string }
    expect(document).toMatchObject({ connector: 'connector-1', operation: 'pause' })
    expect(serving.health.connector('connector-1')?.state).toBe('paused')
  })

  it('a connector that the instance does not know is a mistake', async () => {
    const serving = await servingProject()
    expect(await run(serving, 'pause', 'conector-1')).toBe(2)
    expect(serving.terminal.said).toEqual({
      out: [],
      err: ['millrace: there is no connector "conector-1": did you mean connector-1?'],
    })
  })

  it('a connector that is not launched is a mistake too', async () => {
    const serving = await servingProject()
    serving.health.flush = () => Promise.reject(new MillraceError('USAGE', 'connector-1 is saved, not launched'))
    expect(await run(serving, 'flush', 'connector-1')).toBe(2)
    expect(serving.terminal.said.err).toEqual(['millrace: connector-1 is saved, not launched'])
  })

  it('what Kafka does not take is trouble at run time', async () => {
    const serving = await servingProject()
    serving.health.pause = () => Promise.reject(new MillraceError('KAFKA_WRITE', 'no broker takes it'))
    expect(await run(serving, 'pause', 'connector-1')).toBe(1)
    expect(serving.terminal.said.err).toEqual([
      `millrace: the instance at ${serving.server.url}: no broker takes it (HTTP 503)`,
    ])
  })

  it('a refused token names its option and nothing secret', async () => {
    const serving = await servingProject({ token: 'planted-other' })
    expect(await run(serving, 'pause', 'connector-1')).toBe(2)
    const said = JSON.stringify(serving.terminal.said)
    expect(said).toContain('service.http.token is not the one it runs with')
    expect(said).not.toContain('planted')
    expect(serving.health.asked).toEqual([])
  })

  it.each([
    ['pause', 'pause holds over restarts, but needs a running instance: start one with "millrace run"'],
    ['resume', 'resume needs a running instance: start one with "millrace run"'],
    ['probe', '"millrace run" tries at once'],
    ['flush', '"millrace run --once" delivers what is in Kafka now'],
  ])('%s says what to do where no instance runs', async (operation, advice) => {
    const serving = await servingProject()
    expect(await run(serving, operation, 'connector-0', '--url', NOBODY)).toBe(1)
    const [line = ''] = serving.terminal.said.err
    expect(line).toContain(`no running instance answers at ${NOBODY} (ECONNREFUSED): `)
    expect(line).toContain(advice)
  })

  it('a connector that nobody knows is a mistake also where no instance runs', async () => {
    const serving = await servingProject()
    expect(await run(serving, 'pause', 'nobody', '--url', NOBODY)).toBe(2)
    expect(serving.terminal.said.err[0]).toContain('choose one of connector-0, connector-2, connector-8')
  })

  it('where the configuration has no address, it says so', async () => {
    const serving = await servingProject({ http: false })
    expect(await run(serving, 'pause', 'connector-0')).toBe(1)
    expect(serving.terminal.said.err[0]).toContain('service.http is false')
    // Somebody else's address does.
    expect(await run(serving, 'pause', 'connector-0', '--url', serving.server.url)).toBe(2)
    expect(serving.terminal.said.err[1]).toContain('service.http.token is not set here')
  })
})
