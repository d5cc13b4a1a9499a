import { html } from 'hono/html'
import type { Html } from './markup.js'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Beyond, minutes tell nobody anything. */
const HOURS_FROM_MS = 10 * HOUR_MS
/** The 48-hour rule is told in hours; beyond three days nobody counts them. */
const DAYS_FROM_MS = 3 * DAY_MS

/** `40 s`, `12 min`, `3 h 5 min`, `24 h`, `5 d 3 h`: never more than has passed. `assets/durations.js` says the same. */
export function durationText(durationMs: number): string {
  const ms = Math.max(0, durationMs)
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`
  if (ms < HOURS_FROM_MS) return `${Math.floor(ms / HOUR_MS)} h ${Math.floor((ms % HOUR_MS) / MINUTE_MS)} min`
  if (ms < DAYS_FROM_MS) return `${Math.floor(ms / HOUR_MS)} h`
  return `${Math.floor(ms / DAY_MS)} d ${Math.floor((ms % DAY_MS) / HOUR_MS)} h`
}

/** To the second in the last hour, else to the minute: `12 min 5 s`, `23 h 59 min`. */
export function countdownText(durationMs: number): string {
  const ms = Math.max(0, durationMs)
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ${Math.floor((ms % MINUTE_MS) / SECOND_MS)} s`
  return `${Math.floor(ms / HOUR_MS)} h ${Math.floor((ms % HOUR_MS) / MINUTE_MS)} min`
}

/** `2026-11-21 19:10:43 UTC`. */
export const instantText = (atMs: number): string =>
  `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`

export const instant = (atMs: number): Html =>
  html`<time datetime="${new Date(atMs).toISOString()}">${instantText(atMs)}</time>`

/** `40 s`: how old that is. The browser counts on. */
export const age = (atMs: number, nowMs: number): Html => ticking('age', atMs, durationText(nowMs - atMs))

/** `40 s ago`. */
export const ago = (atMs: number, nowMs: number): Html => ticking('ago', atMs, `${durationText(nowMs - atMs)} ago`)

/** `23 h 59 min`: until then. */
export const left = (atMs: number, nowMs: number): Html => ticking('left', atMs, countdownText(atMs - nowMs))

/** `2026-11-21 16:10:43 UTC (3 h 5 min ago)`. */
export const since = (atMs: number, nowMs: number): Html => html`${instant(atMs)} (${ago(atMs, nowMs)})`

/** The exact instant is in `datetime`: the browser tells it where the pointer rests. */
function ticking(words: 'age' | 'ago' | 'left', atMs: number, text: string): Html {
  return html`<time datetime="${new Date(atMs).toISOString()}" data-words="${words}">${text}</time>`
}
