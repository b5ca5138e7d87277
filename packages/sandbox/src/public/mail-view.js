// One message. A mail's HTML lives in a sandboxed frame, in a document with a policy of its own:
// it can neither run a script nor load anything; its links open in a new tab.

import { el, timeOf, withLinks } from './dom.js'

export function mailView(message) {
  return el(
    'article',
    { class: 'mail', 'data-message-id': message.id },
    head(message),
    content(message),
    extras(message),
  )
}

function head({ from, from_name, to, subject, received_at }) {
  const sender = from_name ? `${from_name} <${from}>` : from
  return el(
    'header',
    {},
    el('h3', {}, subject ?? '(no subject)'),
    el(
      'dl',
      { class: 'facts' },
      ...fact('From', sender),
      ...fact('To', to),
      ...fact('At', timeOf(received_at)),
    ),
  )
}

function fact(name, value) {
  return [el('dt', {}, name), el('dd', {}, value)]
}

function content(message) {
  if (message.html === null) return el('pre', { class: 'text' }, ...withLinks(message.text ?? ''))
  return el('iframe', {
    title: 'Content of the mail',
    src: `/inbox/messages/${encodeURIComponent(message.id)}/html`,
    sandbox: 'allow-popups allow-popups-to-escape-sandbox',
    referrerpolicy: 'no-referrer',
  })
}

function extras(message) {
  const parts = []
  if (message.html !== null && message.text !== null) {
    parts.push(fold('Plain text', el('pre', { class: 'text' }, ...withLinks(message.text))))
  }
  const headers = Object.entries(message.headers).map(([name, value]) => `${name}: ${value}`)
  const facts = [
    `provider: ${message.provider}`,
    `message id: ${message.message_id ?? 'none'}`,
    ...(message.marker
      ? [`delivery: ${message.marker.delivery_id}`, `attempt: ${message.marker.attempt ?? 'not told'}`]
      : []),
  ]
  parts.push(fold('Headers and origin', el('pre', { class: 'text' }, [...headers, ...facts].join('\n'))))
  return el('footer', {}, ...parts)
}

function fold(title, ...children) {
  return el('details', {}, el('summary', {}, title), ...children)
}
