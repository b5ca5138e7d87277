// Builds elements from text only: nothing that came from outside is ever read as HTML.

/**
 * @param {string} tag
 * @param {Record<string, string | undefined>} [attributes]
 * @param {...(Node | string)} children
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, value)
  }
  element.append(...children)
  return element
}

/** The element with this id; the page and its script belong together, so it is there. */
export function byId(id) {
  return document.getElementById(id)
}

/** Local time of day, to the millisecond where it matters. */
export function timeOf(instant, { milliseconds = false } = {}) {
  const at = new Date(instant)
  const clock = at.toLocaleTimeString('en-GB')
  const text = milliseconds ? `${clock}.${String(at.getMilliseconds()).padStart(3, '0')}` : clock
  return el('time', { datetime: instant }, text)
}

/** The text with its web addresses as links that open in a new tab. */
export function withLinks(text) {
  return text.split(/(https?:\/\/[^\s<>"]+)/).map((part, place) => {
    if (place % 2 === 0) return part
    return el('a', { href: part, target: '_blank', rel: 'noopener noreferrer' }, part)
  })
}

/** Shows a plain sentence on top of the page, or takes it away. */
export function notice(text, detail) {
  const box = byId('notice')
  box.hidden = text === null
  box.replaceChildren(
    ...(text === null ? [] : [el('strong', {}, text)]),
    ...(detail ? [el('span', {}, detail)] : []),
  )
}

/** JSON of the sandbox; null when it does not answer. */
export async function ask(path, options) {
  try {
    const response = await fetch(path, options)
    return { status: response.status, data: await response.json() }
  } catch {
    return null
  }
}

export function postJson(path, body) {
  return ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}
