/** Draws what the tables under it say. */
import { Plot } from './plot.js'

/** The finest slices are as long. */
const AGAIN_AFTER_MS = 15_000

/** @typedef {import('../src/health/page/chart-columns.js').ChartColumns} ChartColumns */
/** @typedef {{ hour: ChartColumns, day: ChartColumns }} History */

export function drawCharts() {
  const charts = /** @type {HTMLElement | null} */ (document.querySelector('.charts'))
  if (!charts) return
  const places = /** @type {NodeListOf<HTMLElement>} */ (charts.querySelectorAll('.plot'))
  const plots = [...places].map((place) => new Plot(place))
  /** @type {History | undefined} */
  let history
  const draw = () => {
    if (!history) return
    const columns = history[isDay() ? 'day' : 'hour']
    for (const plot of plots) plot.draw(columns)
  }
  const load = async () => {
    history = (await ask(charts.dataset.history ?? '')) ?? history
    draw()
  }
  for (const span of document.querySelectorAll('input[name="span"]')) span.addEventListener('change', draw)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
  addEventListener('resize', draw)
  setInterval(() => void load(), AGAIN_AFTER_MS)
  void load()
}

const isDay = () => document.querySelector('input[name="span"][value="day"]:checked') !== null

/**
 * While the server does not answer, the page says so elsewhere.
 * @param {string} url
 * @returns {Promise<History | undefined>}
 */
async function ask(url) {
  try {
    const answer = await fetch(url)
    return answer.ok ? /** @type {History} */ (await answer.json()) : undefined
  } catch {
    return undefined
  }
}
