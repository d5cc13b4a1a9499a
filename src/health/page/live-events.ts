import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Clock } from '../../runtime/clock.js'
import type { HealthReader } from '../report.js'
import type { Html } from './markup.js'

/** Numbers that change more often than this make a page restless, and no human reads them. */
const INTERVAL_MS = 2_000

/** Renders what has changed: all of it when the names of all connectors are given. */
export type RenderChanges = (names: ReadonlySet<string>, nowMs: number) => Promise<Html[]> | Html[]

interface LiveParts {
  reader: HealthReader
  clock: Clock
  /** Of the pages that are served now. */
  edition: () => string
}

/**
 * Server-sent events of one browser: at once everything, then every two seconds the time, and with it what has changed
 * since. So a browser that comes back is up to date, and one that hears nothing knows that it is not. A slow browser gets
 * fewer messages: the next is made when it has taken the last.
 */
export function liveEvents(c: Context, render: RenderChanges, parts: LiveParts) {
  const { reader, clock, edition } = parts
  return streamSSE(c, async (stream) => {
    const gone = new AbortController()
    let changed = new Set(reader.connectors().map(({ name }) => name))
    const stop = reader.onChange((names) => names.forEach((name) => changed.add(name)))
    stream.onAbort(() => gone.abort())
    while (!gone.signal.aborted) {
      const [names, nowMs] = [changed, clock.nowMs()]
      changed = new Set()
      const fragments = names.size === 0 ? [] : await Promise.all((await render(names, nowMs)).map(textOf))
      await stream.writeSSE({ event: 'change', data: JSON.stringify({ nowMs, edition: edition(), fragments }) })
      await clock.sleep(INTERVAL_MS, gone.signal)
    }
    stop()
  })
}

const textOf = async (piece: Html): Promise<string> => (await piece).toString()
