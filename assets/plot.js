import uPlot from './uplot.js'

/** @typedef {import('../src/health/page/chart-columns.js').ChartColumns} ChartColumns */
/** @typedef {{ label: string, values: (number | null)[], color: string, dash?: number[] }} Line */

const HEIGHT_PX = 160
/** Seconds between two times on the axis, which has no room for less than minutes. */
const TIME_STEPS = [60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200]
/** Of failures; `ok` is drawn like what is well. Dashes tell them apart without colour. */
const FAILURES = /** @type {const} */ ([
  ['transient', '--warning', [8, 3]],
  ['throttled', '--warning', [2, 3]],
  ['clock', '--quiet', [8, 3]],
  ['credentials', '--grave', []],
  ['configuration', '--serious', [8, 3]],
  ['rejected', '--serious', [2, 3]],
])

/** One chart. It is made anew when its lines, its colours or its width have changed, else it only gets new numbers. */
export class Plot {
  /** @type {uPlot | undefined} */
  #plot
  #made = ''

  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place
  }

  /** @param {ChartColumns} columns */
  draw(columns) {
    const lines = linesOf(this.place.dataset.chart ?? '', columns)
    const width = this.place.clientWidth
    const made = JSON.stringify([width, lines.map(({ label, color }) => [label, color]), color('--text')])
    const data = /** @type {uPlot.AlignedData} */ ([columns.at, ...lines.map(({ values }) => values)])
    if (this.#plot && made === this.#made) this.#plot.setData(data)
    else {
      this.#plot?.destroy()
      this.#made = made
      this.#plot = new uPlot(optionsOf(lines, width), data, this.place)
      this.#plot.over.addEventListener('mouseleave', () => this.#showNewest())
    }
    // uPlot finishes what it was told in a microtask of its own, and empties the legend there.
    setTimeout(() => this.#showNewest())
  }

  /** Under the chart stand the numbers of where the pointer is, else the newest. */
  #showNewest() {
    const plot = this.#plot
    const newest = plot ? plot.data[0].length - 1 : -1
    // Of nothing uPlot makes NaN:NaN.
    if (plot && newest >= 0 && !plot.over.matches(':hover')) plot.setLegend({ idx: newest })
  }
}

/**
 * @param {string} kind
 * @param {ChartColumns} columns
 * @returns {Line[]}
 */
function linesOf(kind, columns) {
  if (kind === 'lag') return [{ label: 'lag', values: columns.lag, color: color('--accent') }]
  if (kind === 'throughput') {
    return [
      { label: 'in', values: columns.in, color: color('--accent') },
      { label: 'out', values: columns.out, color: color('--good'), dash: [6, 3] },
    ]
  }
  if (kind === 'latency') {
    return [
      { label: 'p50', values: columns.p50, color: color('--good') },
      { label: 'p95', values: columns.p95, color: color('--accent'), dash: [6, 3] },
      { label: 'p99', values: columns.p99, color: color('--serious'), dash: [2, 2] },
    ]
  }
  return outcomeLines(columns)
}

/**
 * Only what there was: most connectors never see most of the failures.
 * @param {ChartColumns} columns
 * @returns {Line[]}
 */
function outcomeLines({ outcomes }) {
  const failures = FAILURES.filter(([outcome]) => outcomes[outcome].some((count) => count > 0))
  return [
    { label: 'ok', values: outcomes.ok, color: color('--good') },
    ...failures.map(([outcome, name, dash]) => ({
      ...{ label: outcome, values: outcomes[outcome], color: color(name), dash: [...dash] },
    })),
  ]
}

/**
 * @param {Line[]} lines
 * @param {number} width
 * @returns {uPlot.Options}
 */
function optionsOf(lines, width) {
  const axis = { stroke: color('--muted'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } }
  return {
    width,
    height: HEIGHT_PX,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    series: [
      { label: 'until', value: '{HH}:{mm}:{ss} UTC' },
      ...lines.map(({ label, color: stroke, dash }) => ({
        ...{ label, stroke, width: 1.5, points: { show: false, filter: lonely }, ...(dash && { dash }) },
        value: (/** @type {uPlot} */ _plot, /** @type {number | null} */ value) =>
          value?.toLocaleString('en-US') ?? '–',
      })),
    ],
    axes: [
      { ...axis, size: 28, values: '{HH}:{mm}', space: 60, incrs: TIME_STEPS },
      { ...axis, size: 56, space: 30, values: (_plot, splits) => splits.map((split) => split.toLocaleString('en-US')) },
    ],
    // From zero: a ripple must not look like a wave.
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(4, (max ?? 0) * 1.1)] } },
    cursor: { y: false, drag: { setScale: false } },
    legend: { markers: { dash: (_plot, line) => (lines[line - 1]?.dash?.length ? 'dashed' : 'solid') } },
  }
}

/**
 * A line needs two points: what has no neighbour is drawn as a point, or nobody would see it.
 * @type {(plot: uPlot, line: number) => number[]}
 */
function lonely({ data }, line) {
  const values = data[line] ?? []
  const isGap = (/** @type {number} */ at) => values[at] === null || values[at] === undefined
  return [...values.keys()].filter((at) => !isGap(at) && isGap(at - 1) && isGap(at + 1))
}

/** @param {string} name of a colour of the theme */
function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
