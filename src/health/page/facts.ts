import { html } from 'hono/html'
import type { Html } from './markup.js'

/** Names and what is to be said of them; what there is nothing to say of is left out. */
export function facts(pairs: readonly [name: string, value: Html | string | null][]): Html | null {
  const said = pairs.filter(([, value]) => value !== null)
  if (said.length === 0) return null
  return html`<dl>
    ${said.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`
}
