import { html } from 'hono/html'
import type { ConnectorReport } from '../report.js'
import type { Html } from './markup.js'

/** Something a person can do with a connector, and what is said before it is done. */
interface Operation {
  path: 'pause' | 'resume' | 'probe' | 'flush'
  title: string
  question: (name: string) => string
  effect: string
}

const PAUSE: Operation = {
  path: 'pause',
  title: 'Pause',
  question: (name) => `Pause ${name}?`,
  effect:
    'What was read is delivered; then nothing is read, written, probed or dropped until somebody resumes it, also after a restart. Its place in Kafka, and the start of the 48-hour period, are kept. Kafka’s retention goes on.',
}
const RESUME: Operation = {
  path: 'resume',
  title: 'Resume',
  question: (name) => `Resume ${name}?`,
  effect:
    'It goes on where it stopped. A period that ended meanwhile drops events only after one more refusal of the credentials.',
}
const PROBE: Operation = {
  path: 'probe',
  title: 'Probe now',
  question: (name) => `Probe ${name} now?`,
  effect: 'What waits for its next try is tried now, with the secret read anew. When it succeeds, delivering goes on.',
}
const FLUSH: Operation = {
  path: 'flush',
  title: 'Flush',
  question: (name) => `Flush ${name}?`,
  effect: 'What is buffered is delivered now, in objects smaller than usual.',
}

/** They need scripts; without them the command line is named, which does the same. */
export function operationButtons({ name, enabled, state }: ConnectorReport): Html | null {
  if (!enabled) return html`<p class="hint">It is saved, not launched: <code>enabled: true</code> launches it.</p>`
  // Nothing waits for a probe, and nothing is buffered, while it is paused.
  const operations = state === 'paused' ? [RESUME] : [PAUSE, PROBE, FLUSH]
  return html`<div id="operations" class="operations">
    <p class="buttons with-script">${operations.map((operation) => button(operation, name))}</p>
    <p class="hint without-script">
      To operate it without scripts:
      ${operations.map(({ path }, at) => html`${at > 0 ? ', ' : ''}<code>millrace ${path} ${name}</code>`)}.
    </p>
    <p id="outcome" role="status" data-keep></p>
  </div>`
}

function button({ path, title, question, effect }: Operation, name: string): Html {
  return html`<button
    type="button"
    data-operation="/api/v1/connectors/${encodeURIComponent(name)}/${path}"
    data-title="${title}"
    data-effect="${effect}"
    data-question="${question(name)}"
  >
    ${title}
  </button>`
}

/** Asks before anything is done; filled when a button is pressed. */
export function askDialog(): Html {
  return html`<dialog id="ask" aria-labelledby="ask-title" aria-describedby="ask-effect">
    <h2 id="ask-title"></h2>
    <p id="ask-effect"></p>
    <p class="buttons">
      <button type="button" id="ask-cancel">Cancel</button>
      <button type="button" id="ask-confirm" class="primary"></button>
    </p>
  </dialog>`
}
