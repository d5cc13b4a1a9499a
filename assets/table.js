/** Searches, filters and sorts the table of connectors without asking the server, which does the same without scripts. */

/** @typedef {{ q: string, show: string, sort: string, order: string }} View */

const collator = new Intl.Collator('en', { numeric: true })
/** A screen reader says how many are found when the typing rests. */
const TYPING_MS = 400

/**
 * Returns what arranges the table anew after its rows have changed.
 * @returns {() => void}
 */
export function offerTable() {
  const table = document.querySelector('table.connectors')
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById('filter'))
  if (!table || !form) return () => {}
  const view = viewOf(form)
  const arrange = () => {
    filter(table, view)
    // Nothing moves away from under a pointer or the focus.
    if (!table.matches(':hover, :focus-within')) sort(table, view)
  }
  form.addEventListener('submit', (event) => event.preventDefault())
  form.addEventListener('input', () => {
    Object.assign(view, viewOf(form))
    filter(table, view)
    remember(view)
  })
  for (const header of table.querySelectorAll('thead th')) {
    header.addEventListener('click', (event) => {
      event.preventDefault()
      sortBy(form, view, header)
      sort(table, view)
      remember(view)
    })
  }
  addEventListener('keydown', (event) => focusSearch(event, form))
  return arrange
}

/**
 * @param {HTMLFormElement} form
 * @returns {View}
 */
function viewOf(form) {
  const fields = new FormData(form)
  const text = (/** @type {string} */ name) => {
    const value = fields.get(name)
    return typeof value === 'string' ? value : ''
  }
  return { q: text('q'), show: text('show'), sort: text('sort'), order: text('order') }
}

/**
 * @param {Element} table
 * @param {View} view
 */
function filter(table, { q, show }) {
  const words = q.toLowerCase().split(/\s+/)
  const rows = [.../** @type {NodeListOf<HTMLElement>} */ (table.querySelectorAll('tbody tr'))]
  let shown = 0
  for (const row of rows) {
    const { show: shows = '', search = '' } = row.dataset
    const isShown = (show === 'all' || shows.split(' ').includes(show)) && words.every((word) => search.includes(word))
    if (row.hidden === isShown) row.hidden = !isShown
    if (isShown) shown++
  }
  tell(shown, rows.length)
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let telling

/**
 * @param {number} shown
 * @param {number} all
 */
function tell(shown, all) {
  const none = document.getElementById('none')
  if (none) none.hidden = shown > 0
  clearTimeout(telling)
  telling = setTimeout(() => {
    const status = document.getElementById('shown')
    const text = `${shown} of ${all} shown`
    if (status && status.textContent !== text) status.textContent = text
  }, TYPING_MS)
}

/**
 * @param {HTMLFormElement} form
 * @param {View} view
 * @param {Element} header
 */
function sortBy(form, view, header) {
  const key = header.getAttribute('data-key') ?? ''
  const isDescending = view.sort === key ? view.order === 'asc' : header.hasAttribute('data-number')
  Object.assign(view, { sort: key, order: isDescending ? 'desc' : 'asc' })
  for (const name of /** @type {const} */ (['sort', 'order'])) {
    const field = form.elements.namedItem(name)
    if (field instanceof HTMLInputElement) field.value = view[name]
  }
}

/**
 * @param {Element} table
 * @param {View} view
 */
function sort(table, view) {
  const headers = [...table.querySelectorAll('thead th')]
  const column = headers.findIndex((header) => header.getAttribute('data-key') === view.sort)
  headers.forEach((header, index) => {
    const direction = view.order === 'desc' ? 'descending' : 'ascending'
    header.setAttribute('aria-sort', index === column ? direction : 'none')
  })
  const isNumber = headers[column]?.hasAttribute('data-number')
  const direction = view.order === 'desc' ? -1 : 1
  const by = (/** @type {Element} */ row) => row.children[column]?.getAttribute('data-sort') ?? ''
  const rows = [...table.querySelectorAll('tbody tr')].map((row) => ({ row, by: by(row) }))
  rows.sort((one, other) => {
    const difference = isNumber ? numbers(one.by, other.by) : collator.compare(one.by, other.by)
    return direction * difference || collator.compare(one.row.id, other.row.id)
  })
  const body = table.querySelector('tbody')
  rows.forEach(({ row }, index) => {
    if (body && body.children[index] !== row) body.insertBefore(row, body.children[index] ?? null)
  })
}

/**
 * @param {string} one
 * @param {string} other
 */
const numbers = (one, other) => (one === other ? 0 : Number(one) < Number(other) ? -1 : 1)

/**
 * So that the address shows what is shown, and a reload too.
 * @param {View} view
 */
function remember(view) {
  history.replaceState(null, '', `?${new URLSearchParams(view)}`)
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLFormElement} form
 */
function focusSearch(event, form) {
  const isTyping = event.target instanceof Element && event.target.matches('input, select, textarea')
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  const search = form.elements.namedItem('q')
  if (search instanceof HTMLInputElement) search.select()
}

/** @type {Set<string>} */
let needy = needyNow()

/** Which connectors need a person now and did not before, and the other way round: all that a screen reader is told by itself. */
export function announceAttention() {
  const now = needyNow()
  const [more, fewer] = [[...now].filter((name) => !needy.has(name)), [...needy].filter((name) => !now.has(name))]
  needy = now
  if (!document.querySelector('table.connectors')) return
  document.title = now.size === 0 ? 'Millrace' : `(${now.size}) Millrace`
  const announcer = document.getElementById('announcer')
  if (!announcer || more.length + fewer.length === 0) return
  const said = [...more.map((name) => `${name} needs attention.`), ...fewer.map((name) => `${name} is well again.`)]
  announcer.textContent = said.join(' ')
}

function needyNow() {
  return new Set(
    [...document.querySelectorAll('table.connectors tr.attention')].map((row) => row.id.slice('row-'.length)),
  )
}
