import { html } from 'hono/html'

/** A piece of a page. Whatever is put into it is escaped, unless it is such a piece itself. */
export type Html = ReturnType<typeof html>

/** What is not known, or does not apply: a dash for the eye, words for a screen reader. */
export const NOTHING = html`<span class="nothing" aria-hidden="true">–</span><span class="unseen">none</span>`
export const NOT_KNOWN = html`<span class="nothing" title="not known" aria-hidden="true">?</span
  ><span class="unseen">not known</span>`

/** Text of others: a name or message that is written from right to left does not turn what stands around it. */
export const foreign = (text: string): Html => html`<bdi>${text}</bdi>`
