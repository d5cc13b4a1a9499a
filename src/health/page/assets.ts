import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Beside `src` and `dist`: the browser gets these files as they are. */
const FOLDER = new URL('../../../assets/', import.meta.url)
const require = createRequire(import.meta.url)

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

const OWN_FILES = [
  ...['page.js', 'durations.js', 'fragments.js', 'live.js', 'table.js', 'operations.js', 'charts.js', 'plot.js'],
  ...['theme.css', 'page.css', 'table.css', 'connector.css', 'icon.svg'],
]

/** A file that the browser gets. */
export interface Asset {
  type: string
  text: string
}

/**
 * Scripts and styles of the page, read once. Their address has a hash of them all, so that a browser may keep them for ever,
 * and a script finds the ones it imports beside it.
 */
export class Assets {
  readonly #files = new Map<string, Asset>()
  readonly hash: string

  constructor() {
    for (const name of OWN_FILES) this.#add(name, fileURLToPath(new URL(name, FOLDER)))
    this.#add('uplot.js', require.resolve('uplot/dist/uPlot.esm.js'))
    this.#add('uplot.css', require.resolve('uplot/dist/uPlot.min.css'))
    const all = createHash('sha256')
    for (const { text } of this.#files.values()) all.update(text)
    this.hash = all.digest('hex').slice(0, 16)
  }

  url(name: string): string {
    return `/assets/${this.hash}/${name}`
  }

  /** Undefined for what there is not; an older hash finds nothing, so that nothing is kept under it. */
  file(hash: string, name: string): Asset | undefined {
    return hash === this.hash ? this.#files.get(name) : undefined
  }

  #add(name: string, path: string): void {
    const type = TYPES[name.split('.').at(-1)!]!
    this.#files.set(name, { type, text: readFileSync(path, 'utf8') })
  }
}
