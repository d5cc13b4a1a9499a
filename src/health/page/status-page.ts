import { Hono, type Context } from 'hono'
import { html } from 'hono/html'
import type { Clock } from '../../runtime/clock.js'
import type { Operations } from '../operations.js'
import type { HealthReader } from '../report.js'
import { Assets } from './assets.js'
import { chartColumns } from './chart-columns.js'
import { connectorPage, connectorSections } from './connector-page.js'
import { editionOf } from './edition.js'
import { document, type Document } from './layout.js'
import { liveEvents } from './live-events.js'
import { foreign } from './markup.js'
import { overview, overviewChanges } from './overview.js'
import { SideRecords } from './side-records.js'
import { tableViewOf } from './table-view.js'

export interface StatusPageParts {
  reader: HealthReader
  operations: Operations
  clock: Clock
}

/** Under an address that has a hash of its content. */
const FOR_EVER = 'public, max-age=31536000, immutable'

/**
 * The page for people: `/`, `/c/{name}`, and what they need: `/events`, `/c/{name}/history`, `/assets/...`. Complete without
 * scripts; with them it stays up to date. It shows nothing but what `reader` and `operations` tell.
 */
export function statusPage({ reader, operations, clock }: StatusPageParts): Hono {
  const assets = new Assets()
  const edition = () => editionOf(assets, reader)
  const live = { reader, clock, edition }
  const parts = { reader, records: new SideRecords(operations, clock) }
  const show = (c: Context, page: Omit<Document, 'instance' | 'nowMs' | 'edition'>) => {
    c.header('Cache-Control', 'no-store')
    return c.html(document({ ...page, instance: reader.instance, nowMs: clock.nowMs(), edition: edition() }, assets))
  }
  const unknown = (c: Context, name: string) => {
    const main = html`<h1>There is no connector ${foreign(name)}</h1>
      <p><a href="/">All connectors</a></p>`
    c.status(404)
    return show(c, { title: 'No such connector · Millrace', events: '', main })
  }

  const app = new Hono()
  app.get('/', (c) => {
    const page = overview(reader, tableViewOf(c.req.query()), clock.nowMs())
    return show(c, { ...page, events: '/events' })
  })
  app.get('/events', (c) => {
    const name = c.req.query('connector')
    if (name === undefined) return liveEvents(c, (names, nowMs) => overviewChanges(reader, names, nowMs), live)
    const sections = async (names: ReadonlySet<string>, nowMs: number) => {
      const report = names.has(name) ? reader.connector(name) : undefined
      return report ? connectorSections(report, parts, nowMs) : []
    }
    return liveEvents(c, sections, live)
  })
  app.get('/c/:name', async (c) => {
    const name = c.req.param('name')
    const report = reader.connector(name)
    if (!report) return unknown(c, name)
    const main = await connectorPage(report, parts, clock.nowMs())
    return show(c, { title: `${name} · Millrace`, events: `/events?connector=${encodeURIComponent(name)}`, main })
  })
  app.get('/c/:name/history', (c) => {
    const name = c.req.param('name')
    return reader.connector(name) ? c.json(chartColumns(reader.history(name), clock.nowMs())) : c.notFound()
  })
  app.get('/assets/:hash/:file', (c) => {
    const asset = assets.file(c.req.param('hash'), c.req.param('file'))
    return asset ? c.body(asset.text, 200, { 'Content-Type': asset.type, 'Cache-Control': FOR_EVER }) : c.notFound()
  })
  return app
}
