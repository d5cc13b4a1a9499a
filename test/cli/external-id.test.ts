import { describe, expect, it } from 'vitest'
import { runCommandLine } from '../../src/cli.js'
import { externalId } from '../../src/cli/external-id.js'
import { recordingTerminal } from '../support/recording-terminal.js'

function made(json: boolean): { out: string[]; err: string[] } {
  const terminal = recordingTerminal()
  externalId({ json }, terminal)
  return terminal.said
}

describe('millrace external-id', () => {
  it('prints nothing but the id on standard output, and what to do with it beside', () => {
    const { out, err } = made(false)
    expect(out).toHaveLength(1)
    // What STS allows, and long enough that nobody guesses it.
    expect(out[0]).toMatch(/^[\w+=,.@:/-]{2,1224}$/)
    expect(out[0]).toMatch(/^millrace-[0-9a-f]{32}$/)
    expect(err.join('\n')).toContain('millrace policy')
  })

  it('never the same one', () => {
    expect(new Set(Array.from({ length: 100 }, () => made(false).out[0])).size).toBe(100)
  })

  it('takes --config like every command, and needs no file', async () => {
    const terminal = recordingTerminal()
    expect(await runCommandLine(['external-id', '--config', 'there-is-none.yaml'], terminal)).toBe(0)
    expect(terminal.said.out).toEqual([expect.stringMatching(/^millrace-/)])
  })

  it('--json', () => {
    const { out, err } = made(true)
    expect(JSON.parse(out.join('\n'))).toEqual({ externalId: expect.stringMatching(/^millrace-/) as string })
    expect(err).toEqual([])
  })
})
