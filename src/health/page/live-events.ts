import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Clock } from '../../runtime/clock.js'
import type { HealthReader } from '../report.js'
import type { Html } from './markup.js'

/** Numbers that change more often than this make a page restless, and no human reads them. */
const INTERVAL_MS = 2_000

/** Renders what has changed: all of it when the names of all connectors are given. */
export type RenderChanges = (names: ReadonlySet<string>, nowMs: number) => Promise<Html[]> | Html[]

/**
 * Server-sent events of one browser: at once everything, then every two seconds the time, and with it what has changed
 * since. So a browser that comes back is up to date, and one that hears nothing knows that it is not. A slow browser gets
 * fewer messages: the next is made when it has taken the last.
 */
export function liveEvents(c: Context, render: RenderChanges, parts: { reader: HealthReader; clock: Clock }) {
  const { reader, clock } = parts
  return streamSSE(c, async (stream) => {
    const gone = new AbortController()
    let changed = new Set(reader.connectors().map(({ name }) => name))
    const stop = reader.onChange((names) => names.forEach((name) => changed.add(name)))
    stream.onAbort(() => gone.abort())
    while (!gone.signal.aborted) {
      const names = changed
      changed = new Set()
      await stream.writeSSE({ event: 'change', data: await message(names, render, clock.nowMs()) })
      await clock.sleep(INTERVAL_MS, gone.signal)
    }
    stop()
  })
}

async function message(names: ReadonlySet<string>, render: RenderChanges, nowMs: number): Promise<string> {
  const fragments = names.size === 0 ? [] : await render(names, nowMs)
  return JSON.stringify({ nowMs, fragments: await Promise.all(fragments.map(textOf)) })
}

const textOf = async (piece: Html): Promise<string> => (await piece).toString()
