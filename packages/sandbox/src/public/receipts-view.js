// A form by which a vendor tells the gateway what became of a message, and what was told so far.

import { marked } from './calls-view.js'
import { byId, el, timeOf } from './dom.js'

const STATUSES = ['delivered', 'sent', 'undelivered', 'bounced', 'complained', 'opted_out', 'deferred']
const TAMPERS = ['signature', 'body', 'timestamp', 'stale', 'tenant']

/** @param {HTMLFormElement} form @param {Function} act */
export function offerReceipts(form, act) {
  byId('receipt-status').replaceChildren(...STATUSES.map((name) => el('option', {}, name)))
  byId('receipt-tamper').replaceChildren(
    el('option', { value: '' }, 'no'),
    ...TAMPERS.map((name) => el('option', {}, name)),
  )
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void act('receipt-said', { method: 'POST', path: '/receipts', body: typed() }, told)
  })
}

function typed() {
  const text = (name) => byId(`receipt-${name}`).value.trim()
  const number = (name) => (text(name) === '' ? undefined : Number(text(name)))
  return {
    message_id: text('message'),
    status: text('status'),
    times: number('times'),
    delay_ms: number('delay'),
    error_code: text('code') || undefined,
    tamper: text('tamper') || undefined,
  }
}

/** How often each answer came: `Answered: 200 twice` is `200 × 2`. */
function told({ receipts }) {
  const answers = receipts.map(({ answered }) => (answered === null ? 'nothing' : String(answered)))
  const counts = [...new Set(answers)].map((each) => {
    const count = answers.filter((other) => other === each).length
    return count === 1 ? each : `${each} × ${count}`
  })
  return `The gateway answered ${counts.join(', ')}.`
}

/** The messages that were taken, newest first; the chosen one stays chosen. */
export function showMessages(calls) {
  const taken = calls.filter(
    ({ accepted, message_id, provider }) => accepted && message_id !== null && provider !== 'smtp',
  )
  const choice = byId('receipt-message')
  const known = [...choice.options].map(({ value }) => value)
  const ids = taken.map(({ message_id }) => message_id)
  if (known.join() === ids.join()) return
  const chosen = choice.value
  choice.replaceChildren(...taken.map(option))
  if (ids.includes(chosen)) choice.value = chosen
}

const option = ({ seq, provider, message_id, marker, to }) =>
  el('option', { value: message_id }, `No. ${seq}, ${provider}, ${to ?? marked(marker) ?? message_id}`)

let shown = ''

export function showReceipts(receipts) {
  const key = receipts.map(({ at, provider, answered }) => `${at}${provider}${answered}`).join()
  byId('no-receipts').hidden = receipts.length > 0
  if (key === shown) return
  shown = key
  byId('receipts').replaceChildren(...receipts.map(item))
}

function item({ at, provider, events, tamper, answered, tries }) {
  const what = events.map(({ status }) => status).join(', ')
  return el(
    'li',
    { 'data-answered': String(answered) },
    timeOf(at, { milliseconds: true }),
    el('span', { class: 'name' }, provider),
    el('span', {}, `${what}${tamper === null ? '' : `, ${tamper} tampered with`}`),
    el('span', { class: answered === 200 || answered === 204 ? '' : 'bad' }, answeredBy(answered, tries)),
  )
}

function answeredBy(answered, tries) {
  if (tries === 0) return 'lost on the way'
  const text = answered === null ? 'no answer' : String(answered)
  return tries > 1 ? `${text} after ${tries} tries` : text
}
