/** Buttons that ask first, and say what happened. */

/** @typedef {{ message?: string, error?: { message?: string } }} Said what the API answers */

export function offerOperations() {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById('ask'))
  if (!dialog) return
  /** @type {HTMLElement | undefined} */
  let asked
  // The buttons come and go with the state of the connector: what they are pressed in stays.
  document.getElementById('main')?.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button[data-operation]') : null
    if (!(button instanceof HTMLElement)) return
    asked = button
    ask(dialog, button.dataset)
  })
  document.getElementById('ask-cancel')?.addEventListener('click', () => dialog.close())
  document.getElementById('ask-confirm')?.addEventListener('click', () => {
    dialog.close()
    if (asked) void operate({ ...asked.dataset })
  })
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {DOMStringMap} operation
 */
function ask(dialog, { title = '', question = '', effect = '' }) {
  write('ask-title', question)
  write('ask-effect', effect)
  write('ask-confirm', title)
  dialog.showModal()
}

/** @param {DOMStringMap} operation */
async function operate({ operation = '', title = '' }) {
  say(`${title}: asking …`, 'busy')
  const at = `${new Date().toISOString().slice(11, 19)} UTC`
  try {
    const { isOk, message } = await post(operation)
    if (isOk) say(`${at} · ${message}`, 'done')
    else say(`${at} · ${title} failed: ${message}`, 'failed')
  } catch {
    say(`${at} · ${title} failed: Millrace did not answer: look whether it runs, then try again.`, 'failed')
  }
}

/**
 * @param {string} path
 * @returns {Promise<{ isOk: boolean, message: string }>} what the API says of it
 */
async function post(path) {
  const headers = { 'Content-Type': 'application/json', 'X-Requested-With': 'millrace-page' }
  const answer = await fetch(path, { method: 'POST', headers, body: '{}' })
  const said = /** @type {Said} */ (await answer.json().catch(() => ({})))
  const message = said.message ?? said.error?.message ?? 'the answer says nothing more'
  return { isOk: answer.ok, message: answer.ok ? message : `${message} (HTTP ${answer.status})` }
}

/**
 * @param {string} text
 * @param {'busy' | 'done' | 'failed'} kind
 */
function say(text, kind) {
  const outcome = write('outcome', text)
  if (outcome) outcome.className = kind
}

/**
 * @param {string} id
 * @param {string} text
 */
function write(id, text) {
  const element = document.getElementById(id)
  if (element) element.textContent = text
  return element
}
