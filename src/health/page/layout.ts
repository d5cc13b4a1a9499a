import { html } from 'hono/html'
import type { InstanceReport } from '../report.js'
import type { Assets } from './assets.js'
import { ICONS } from './icons.js'
import { foreign, type Html } from './markup.js'
import { many } from './numbers.js'
import { ago, instant } from './times.js'

export interface Document {
  title: string
  /** Where its live events come from. */
  events: string
  main: Html
  instance: InstanceReport
  nowMs: number
  edition: string
}

/** A whole page around its `main`. Nothing in it is inline but markup: the content security policy allows no more. */
export function document({ title, events, main, instance, nowMs, edition }: Document, assets: Assets): Html {
  return html`<!doctype html>
    <html lang="en" class="no-script">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="${assets.url('icon.svg')}" type="image/svg+xml" />
        ${['uplot.css', 'theme.css', 'page.css', 'table.css', 'connector.css'].map(
          (file) => html`<link rel="stylesheet" href="${assets.url(file)}" />`,
        )}
        <script type="module" src="${assets.url('page.js')}"></script>
      </head>
      <body data-events="${events}" data-now-ms="${nowMs}" data-edition="${edition}">
        <a class="skip" href="#main">Skip to the content</a>
        ${ICONS}
        <header>
          <a class="name" href="/">Millrace</a>
          <p id="live">As of ${instant(nowMs)}<span class="without-script">; reload for newer</span></p>
        </header>
        <main id="main" tabindex="-1">${main}</main>
        <footer>
          <p>Millrace ${instance.version}, answered by ${foreign(instance.name)}. All times are UTC.</p>
        </footer>
        <p id="announcer" class="unseen" role="status"></p>
      </body>
    </html>`
}

/** The processes that run connectors. */
export function instanceList(instances: readonly InstanceReport[], nowMs: number): Html {
  return html`<section id="instances" aria-labelledby="instances-title">
    <h2 id="instances-title">${many(instances.length, 'process', 'processes')}</h2>
    <ul class="instances">
      ${instances.map(
        ({ name, version, startedAtMs, seenAtMs }) =>
          html`<li>
            ${foreign(name)} <small>${version}, started ${ago(startedAtMs, nowMs)}, seen ${ago(seenAtMs, nowMs)}</small>
          </li>`,
      )}
    </ul>
  </section>`
}
