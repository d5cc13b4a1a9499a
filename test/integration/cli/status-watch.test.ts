import { dirname } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { servingProject, TOKEN } from '../../cli/serving-project.js'
import { CTRL_C, PseudoTerminal } from '../../support/pseudo-terminal.js'

const ENTER = '\u001b[?1049h'
const HOME = '\u001b[H'
const LEAVE = '\u001b[?25h\u001b[?1049l'

it('status --watch redraws in place, follows what happens, and gives the terminal back at Ctrl-C', async () => {
  const { config, health } = await servingProject()
  const terminal = new PseudoTerminal(['status', '--watch'], { cwd: dirname(config), env: { TOKEN }, columns: 100 })
  await terminal.answers('3 of 9 connectors need attention.', '')
  health.set('connector-2', { state: 'running', needsAttention: false, failing: null, problem: null })
  await terminal.answers('2 of 9 connectors need attention.', CTRL_C)
  expect(await terminal.exited).toBe(0)
  const [before, ...frames] = terminal.raw.split(HOME)
  expect(stripVTControlCharacters(before ?? '')).toBe('')
  expect(before).toContain(ENTER)
  expect(frames.at(-1)?.endsWith(LEAVE)).toBe(true)
  const lines = frames.slice(0, -1).flatMap((frame) => stripVTControlCharacters(frame).split(/\r*\n/))
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
})

it('NO_COLOR is respected, and every state is in words', async () => {
  const { config } = await servingProject()
  const colours = '\u001b['
  const shown = async (env: Record<string, string>) => {
    const terminal = new PseudoTerminal(['status'], { cwd: dirname(config), env: { TOKEN, ...env } })
    expect(await terminal.exited).toBe(4)
    return terminal
  }
  const [plain, coloured] = await Promise.all([shown({ NO_COLOR: '1' }), shown({})])
  expect(plain.raw).not.toContain(colours)
  expect(coloured.raw).toContain(`${colours}31m3 of 9 connectors need attention.`)
  for (const { screen } of [plain, coloured]) expect(screen).toContain('! credentials-failing')
})
