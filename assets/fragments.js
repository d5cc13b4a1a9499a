/** Puts pieces of a newer page in the place of what a page has, and leaves alone what is the same: focus, selection, scroll. */

/**
 * What the page has no place for is left out.
 * @param {string} html of an element that has an id
 */
export function place(html) {
  const template = document.createElement('template')
  template.innerHTML = html
  const newer = template.content.firstElementChild
  const present = newer && document.getElementById(newer.id)
  if (present) renew(present, newer)
}

/**
 * @param {Element} present
 * @param {Element} newer
 * @returns {Element} which of them the page has now
 */
function renew(present, newer) {
  // Drawn by scripts: the server does not know what is in it.
  if (present.hasAttribute('data-keep') || present.isEqualNode(newer)) return present
  if (present.tagName !== newer.tagName) {
    present.replaceWith(newer)
    return newer
  }
  renewAttributes(present, newer)
  renewChildren(present, newer)
  return present
}

/**
 * What people have set stays as they set it.
 * @param {string} name
 */
const isTheirs = (name) => name === 'hidden' || name === 'open' || name === 'checked'

/**
 * @param {Element} present
 * @param {Element} newer
 */
function renewAttributes(present, newer) {
  for (const { name } of [...present.attributes]) {
    if (!newer.hasAttribute(name) && !isTheirs(name)) present.removeAttribute(name)
  }
  for (const { name, value } of newer.attributes) {
    if (present.getAttribute(name) !== value && !isTheirs(name)) present.setAttribute(name, value)
  }
}

/**
 * Elements with an id are found again wherever they stand, so that one more before them does not replace them.
 * @param {Element} present
 * @param {Element} newer
 */
function renewChildren(present, newer) {
  const wanted = new Set([...newer.children].map(({ id }) => id))
  const known = new Map([...present.children].filter(({ id }) => id !== '').map((child) => [child.id, child]))
  for (const [id, child] of known) if (!wanted.has(id)) child.remove()
  /** @type {ChildNode | null} */
  let next = present.firstChild
  for (const child of [...newer.childNodes]) {
    const same = idOf(child) ? known.get(idOf(child)) : next && !idOf(next) ? next : undefined
    const placed = same ?? child
    if (placed !== next) present.insertBefore(placed, next)
    if (same) next = renewNode(same, child).nextSibling
  }
  while (next) {
    const after = next.nextSibling
    next.remove()
    next = after
  }
}

/** @param {Node} node */
const idOf = (node) => (node instanceof Element ? node.id : '')

/**
 * @param {ChildNode} present
 * @param {ChildNode} newer
 * @returns {ChildNode} which of them the page has now
 */
function renewNode(present, newer) {
  if (present instanceof Element && newer instanceof Element) return renew(present, newer)
  if (present.isEqualNode(newer)) return present
  present.replaceWith(newer)
  return newer
}
