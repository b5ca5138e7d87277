// The ledger as a table, newest first. An entry never changes: new rows come on top, and what has the focus keeps it.

import { el, timeOf } from './dom.js'

/**
 * @param {HTMLElement} body of the table
 * @param {(messageId: string) => void} onReceipt told which message a receipt is wanted for
 * @returns {(newestFirst: object[]) => void} what shows the newest calls
 */
export function calledIn(body, onReceipt) {
  let last = 0
  return (newestFirst) => {
    const newest = newestFirst[0]?.seq ?? 0
    // A sandbox that was started anew counts from one again.
    if (newest < last) {
      body.replaceChildren()
      last = 0
    }
    const fresh = newestFirst.filter(({ seq }) => seq > last)
    body.prepend(...fresh.map((call) => row(call, onReceipt)))
    while (body.children.length > newestFirst.length) body.lastElementChild.remove()
    last = newest
  }
}

function row(call, onReceipt) {
  const { seq, at, provider, method, path, marker, to, accepted, answered, fault, message_id } = call
  return el(
    'tr',
    { 'data-seq': String(seq), 'data-provider': provider },
    el('td', {}, String(seq)),
    el('td', {}, timeOf(at, { milliseconds: true })),
    el('td', {}, provider),
    el('td', { class: 'mono', title: `${method} ${path}` }, `${method} ${shortened(path)}`),
    el('td', { class: 'mono', title: marker?.delivery_id }, marked(marker) ?? to ?? ''),
    el('td', {}, said(answered)),
    el('td', {}, accepted ? 'taken' : 'not taken'),
    el('td', { class: fault === null ? undefined : 'bad' }, fault ?? ''),
    el(
      'td',
      {},
      ...(accepted && message_id !== null && provider !== 'smtp' ? [receiptButton(call, onReceipt)] : []),
    ),
  )
}

function receiptButton({ message_id, seq }, onReceipt) {
  const label = `Receipt for call ${seq}`
  const button = el('button', { type: 'button', class: 'quiet', 'aria-label': label }, 'Receipt')
  button.addEventListener('click', () => onReceipt(message_id))
  return button
}

const shortened = (path) => (path.length > 24 ? `…${path.slice(-23)}` : path)

/** The end of an id is what tells two apart. */
export const marked = (marker) =>
  marker === null
    ? null
    : `…${marker.delivery_id.slice(-12)}${marker.attempt === null ? '' : ` #${marker.attempt}`}`

function said({ outcome, status }) {
  if (outcome === 'answer') return String(status ?? '')
  return outcome === 'reset' ? 'reset' : 'nothing'
}
