/** Keeps a page up to date: events from the server, and what time alone changes. */
import { countdownText, durationText } from './durations.js'
import { place } from './fragments.js'

/** @typedef {{ nowMs: number, edition: string, fragments: string[] }} Message */

/** Several times the two seconds between the messages of the server. */
const SILENCE_MS = 10_000
const AGAIN_AFTER_MS = 3_000
/** Two processes of different versions behind one address must not make a page load itself without an end. */
const RELOAD_AFTER_MS = 5_000

/** How far the server's clock is ahead of the browser's. */
let aheadMs = 0
let heardAtMs = Date.now()
/** The connection has failed, and no message has come since. */
let isCut = false

export const serverNowMs = () => Date.now() + aheadMs

/**
 * @param {string} url of the events
 * @param {() => void} onChange called after the page has changed
 */
export function keepLive(url, onChange) {
  aheadMs = Number(document.body.dataset.nowMs) - Date.now()
  listen(url, onChange)
  setInterval(tick, 1_000)
  addEventListener('mouseover', ({ target }) => {
    if (target instanceof HTMLTimeElement) target.title = `${target.dateTime.slice(0, 19).replace('T', ' ')} UTC`
  })
}

/**
 * A connection that says nothing for long is given up and opened again, whatever the browser believes of it.
 * @param {string} url
 * @param {() => void} onChange
 */
function listen(url, onChange) {
  const source = new EventSource(url)
  const openedAtMs = Date.now()
  source.addEventListener('change', (/** @type {MessageEvent<string>} */ { data }) => {
    const message = /** @type {Message} */ (JSON.parse(data))
    heardAtMs = Date.now()
    aheadMs = message.nowMs - heardAtMs
    isCut = false
    // Before the rest, so that "Live again." is not said over what has happened meanwhile.
    show()
    if (take(message)) onChange()
  })
  const watch = setInterval(() => {
    const isSilent = Date.now() - Math.max(heardAtMs, openedAtMs) > SILENCE_MS
    if (!isSilent && source.readyState !== EventSource.CLOSED) return
    clearInterval(watch)
    source.close()
    setTimeout(() => listen(url, onChange), AGAIN_AFTER_MS)
  }, 1_000)
  source.addEventListener('error', () => {
    isCut = true
    show()
  })
}

/**
 * @param {Message} message
 * @returns {boolean} whether there was anything new
 */
function take({ edition, fragments }) {
  if (edition !== document.body.dataset.edition && performance.now() > RELOAD_AFTER_MS) location.reload()
  for (const fragment of fragments) place(fragment)
  return fragments.length > 0
}

function tick() {
  for (const time of document.querySelectorAll('time[data-words]')) {
    const text = words(/** @type {HTMLTimeElement} */ (time))
    if (time.textContent !== text) time.textContent = text
  }
  for (const bar of document.querySelectorAll('svg[data-from-ms]')) advance(/** @type {SVGElement} */ (bar))
  show()
}

/** @param {HTMLTimeElement} time */
function words({ dateTime, dataset }) {
  const agoMs = serverNowMs() - Date.parse(dateTime)
  if (dataset.words === 'left') return countdownText(-agoMs)
  return dataset.words === 'ago' ? `${durationText(agoMs)} ago` : durationText(agoMs)
}

/** @param {SVGElement} bar */
function advance(bar) {
  const [fromMs, toMs] = [Number(bar.dataset.fromMs), Number(bar.dataset.toMs)]
  const share = Math.min(1, Math.max(0, (serverNowMs() - fromMs) / (toMs - fromMs)))
  bar.querySelector('.passed')?.setAttribute('width', (100 * share).toFixed(2))
}

/** Says whether the page is live. */
function show() {
  const live = document.getElementById('live')
  if (!live) return
  const isLost = isCut || Date.now() - heardAtMs > SILENCE_MS
  const at = new Date((isLost ? heardAtMs : Date.now()) + aheadMs).toISOString().slice(11, 19)
  const now = isLost ? 'lost' : 'live'
  const announcer = document.getElementById('announcer')
  if (announcer && live.className && live.className !== now)
    announcer.textContent = isLost ? 'Not live.' : 'Live again.'
  live.className = now
  live.textContent = isLost ? `Not live since ${at} UTC, trying again` : `Live · ${at} UTC`
}
