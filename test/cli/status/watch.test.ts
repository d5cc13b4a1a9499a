import { describe, expect, it } from 'vitest'
import type { ConnectorState } from '../../../src/health/recorder.js'
import type { Found } from '../../../src/cli/status/overview.js'
import { watch } from '../../../src/cli/status/watch.js'
import { MillraceError } from '../../../src/runtime/errors.js'
import { eventually } from '../../support/eventually.js'
import { FakeClock } from '../../support/fake-clock.js'
import { recordingTerminal } from '../../support/recording-terminal.js'
import { recordingDisplay } from './recording-display.js'
import { NOW_MS, sampleConnector } from './sample-connectors.js'

const EVERY_MS = 2_000

/** What is found where connectors are in these states. */
const found = (...states: ConnectorState[]): Found => ({
  overview: { source: 'instance', instances: [], connectors: states.map((state) => sampleConnector(state)) },
  from: 'http://127.0.0.1:8080',
})

/** A watch that finds these, one after the other, and the last one again and again; it is stopped with `stop`. */
function watching(finds: readonly (() => Promise<Found>)[], display?: ReturnType<typeof recordingDisplay>) {
  const [stop, clock] = [new AbortController(), new FakeClock(NOW_MS)]
  const { said, ...recording } = recordingTerminal()
  const terminal = { ...recording, stop: stop.signal, ...(display && { display }) }
  const left = [...finds]
  const look = () => (left.length > 1 ? left.shift()! : left[0]!)()
  const ended = watch(look, terminal, clock)
  /** Waits until it waits. */
  const isShown = () => eventually(() => clock.pendingTimers === 1)
  const next = async () => {
    await clock.advance(EVERY_MS)
    await isShown()
  }
  return { stop: () => stop.abort(), out: said.out, ended, isShown, next }
}

const finds =
  (...states: ConnectorState[]) =>
  () =>
    Promise.resolve(found(...states))
const fails = (code: MillraceError['code'], message: string) => () => Promise.reject(new MillraceError(code, message))

describe('watching in a pipe', () => {
  it('prints everything again every two seconds, under the time, until it is stopped', async () => {
    const { out, stop, ended, isShown, next } = watching([finds('running'), finds('blocked')])
    await isShown()
    expect(out.slice(0, 3)).toEqual([
      '2026-11-21 12:00:00 UTC, from http://127.0.0.1:8080',
      '',
      'The connector needs no attention.',
    ])
    const lines = out.length
    await next()
    expect(out.slice(lines, lines + 3)).toEqual([
      '2026-11-21 12:00:02 UTC, from http://127.0.0.1:8080',
      '',
      'The connector needs attention.',
    ])
    stop()
    expect(await ended).toBe(0)
  })

  it('says where it comes from when no instance answers', async () => {
    const note = 'no running instance answers at http://127.0.0.1:8080 (ECONNREFUSED)'
    const { out, isShown } = watching([() => Promise.resolve({ ...found('running'), from: 'Kafka alone', note })])
    await isShown()
    expect(out.slice(0, 2)).toEqual(['2026-11-21 12:00:00 UTC, from Kafka alone', note])
  })

  it('goes on when nothing answers for a while', async () => {
    const { out, isShown, next } = watching([fails('KAFKA_UNREACHABLE', 'nobody answers'), finds('running')])
    await isShown()
    expect(out).toEqual(['2026-11-21 12:00:00 UTC', 'nobody answers', ''])
    await next()
    expect(out).toContain('The connector needs no attention.')
  })

  it.each(['USAGE', 'CONFIGURATION'] as const)('ends with an error where asking again is no use: %s', async (code) => {
    await expect(watching([fails(code, 'wrong')]).ended).rejects.toMatchObject({ code })
  })

  it('is stopped also while it waits for an answer', async () => {
    const { stop, ended, out } = watching([() => new Promise(() => undefined)])
    stop()
    expect(await ended).toBe(0)
    expect(out).toEqual([])
  })
})

const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'

/** The lines that a frame leaves on a screen, whatever was there before. */
function linesOf(frame = ''): string[] {
  expect(frame.startsWith('\u001b[H')).toBe(true)
  expect(frame.endsWith('\u001b[J')).toBe(true)
  const lines = frame.slice(3, -3).split('\r\n')
  expect(lines.every((line) => line.startsWith('\u001b[K'))).toBe(true)
  return lines.map((line) => line.slice(3))
}

describe('watching in a terminal', () => {
  it('draws each frame over the last in one write, on a screen of its own that goes away at the end', async () => {
    const display = recordingDisplay()
    const { out, stop, ended, isShown, next } = watching([finds('running'), finds('blocked')], display)
    await isShown()
    await next()
    stop()
    expect(await ended).toBe(0)
    const [enter, first, second, leave, ...more] = display.writes
    expect([enter, leave, more]).toEqual([ENTER, LEAVE, []])
    expect(linesOf(first)).toContain('The connector needs no attention.')
    expect(linesOf(second)).toContain('The connector needs attention.')
    expect(out).toEqual([])
  })

  it('gives the screen back also when it ends with an error', async () => {
    const display = recordingDisplay()
    await expect(watching([fails('USAGE', 'wrong')], display).ended).rejects.toMatchObject({ code: 'USAGE' })
    expect(display.writes).toEqual([ENTER, LEAVE])
  })

  it('fits the window, and says what is left out', async () => {
    const display = recordingDisplay({ columns: 60, rows: 10 })
    const { isShown } = watching([finds('blocked', 'dropping', 'retrying', 'paused')], display)
    await isShown()
    const lines = linesOf(display.writes[1])
    expect(lines).toHaveLength(10)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60)
    expect(lines[9]).toMatch(/^… \d+ more lines: make the window higher$/)
  })

  it('draws anew when the size of the window changes', async () => {
    const display = recordingDisplay({ columns: 160, rows: 10 })
    const { isShown } = watching([finds('blocked', 'dropping')], display)
    await isShown()
    Object.assign(display, { columns: 40, rows: 60 })
    display.emit('resize')
    const lines = linesOf(display.writes[2])
    expect(lines.length).toBeGreaterThan(10)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40)
  })

  it('has colours where the terminal has', async () => {
    const display = recordingDisplay({ hasColors: true })
    const { isShown } = watching([finds('blocked')], display)
    await isShown()
    expect(linesOf(display.writes[1])).toContain('\u001b[31mThe connector needs attention.\u001b[39m')
  })
})
