import { html } from 'hono/html'
import type { ConnectorReport, FailingCredentials } from '../report.js'
import type { Html } from './markup.js'
import { many, sizeText } from './numbers.js'
import { instant, left } from './times.js'

/** The 48-hour rule of a connector whose credentials fail (delivery.md §3): from T0 to the exact instant of the drop. */
export function countdown({ failing, state }: ConnectorReport, nowMs: number): Html | null {
  if (!failing) return null
  if (failing.dropAtMs === null)
    return html`<p class="verdict">Nothing is dropped: this connector holds its events.</p>`
  return html`<div class="countdown">
    <p class="verdict">${verdict(failing, failing.dropAtMs, { nowMs, isDropping: state === 'dropping' })}</p>
    ${bar(failing.sinceMs, failing.dropAtMs, nowMs)}
    <p class="ends">
      <span><small>credentials fail since</small> ${instant(failing.sinceMs)}</span>
      <span><small>dropped after</small> ${instant(failing.dropAtMs)}</span>
    </p>
  </div>`
}

/** `1,020 events, 744.6 kB`; null where nothing is at stake, or it is not known. */
export function atStake({ eventsAtStake, bytesAtStake }: FailingCredentials): string | null {
  if (eventsAtStake === null) return null
  return `${many(eventsAtStake, 'event')}${bytesAtStake === null ? '' : `, ${sizeText(bytesAtStake)}`}`
}

function verdict(
  { kept }: FailingCredentials,
  dropAtMs: number,
  { nowMs, isDropping }: { nowMs: number; isDropping: boolean },
): Html {
  if (nowMs < dropAtMs) return html`<strong>${left(dropAtMs, nowMs)}</strong> left, then events are dropped`
  if (kept !== null) return html`<strong>The period is over.</strong> Nothing is dropped: ${kept}`
  if (isDropping) return html`<strong>Events are being dropped</strong> after the period has ended`
  return html`<strong>The period is over.</strong> The next refusal of the credentials drops events`
}

/** Marks at each quarter of the period: three of the warnings that people get. */
function bar(fromMs: number, toMs: number, nowMs: number): Html {
  const share = Math.min(1, Math.max(0, (nowMs - fromMs) / (toMs - fromMs)))
  const percent = (100 * share).toFixed(2)
  return html`<svg
    class="countdown-bar ${share >= 0.75 ? 'late' : ''}"
    role="img"
    aria-label="${Math.floor(100 * share)} % of the period has passed"
    viewBox="0 0 100 4"
    preserveAspectRatio="none"
    data-from-ms="${fromMs}"
    data-to-ms="${toMs}"
  >
    <rect class="track" width="100" height="4" />
    <rect class="passed" width="${percent}" height="4" />
    ${[25, 50, 75].map((at) => html`<path class="quarter" d="M${at} 0v4" />`)}
  </svg>`
}
