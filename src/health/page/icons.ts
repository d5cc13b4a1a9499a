import { raw } from 'hono/html'

/** Shapes that are told apart without colour, 16 × 16; the symbol of a state is named after it. */
const SHAPES = {
  running: '<circle cx="8" cy="8" r="7"/><path class="cut" d="M4.5 8.3 7 10.8 11.5 5.7"/>',
  retrying: '<path class="line" d="M13.5 8a5.5 5.5 0 1 1-1.7-4"/><path d="M13.8.8v4.4H9.4z"/>',
  'credentials-failing': '<path d="M8 .8 15.6 14.6H.4z"/><path class="cut" d="M8 5.6v4.2M8 11.9v.6"/>',
  dropping: '<path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z"/><path class="cut" d="M8 3.8v7.6M4.8 8.4 8 11.6l3.2-3.2"/>',
  blocked: '<rect x="1" y="1" width="14" height="14" rx="2"/><path class="cut" d="M4.5 8h7"/>',
  paused: '<rect x="2.5" y="1.5" width="4" height="13" rx="1"/><rect x="9.5" y="1.5" width="4" height="13" rx="1"/>',
  starting: '<circle class="line dashed" cx="8" cy="8" r="6"/>',
  stopped: '<rect class="line" x="2.5" y="2.5" width="11" height="11" rx="1"/>',
  'not-launched': '<circle class="line" cx="8" cy="8" r="6"/>',
}

const symbols = Object.entries(SHAPES).map(
  ([name, shape]) => `<symbol id="icon-${name}" viewBox="0 0 16 16">${shape}</symbol>`,
)

/** All symbols, to be used by `<use href="#icon-...">`; not shown itself. */
export const ICONS = raw(`<svg class="unseen" aria-hidden="true">${symbols.join('')}</svg>`)
