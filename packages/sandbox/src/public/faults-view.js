// Each vendor with its switches, a form for any fault, and the list of those in force.

import { byId, el } from './dom.js'

const VENDORS = ['sendgrid', 'ses', 'smtp', 'gateway', 'twilio']
const MODES = ['status', 'timeout', 'reset_before', 'accept_then_reset', 'delay', 'slow_body', 'bad_body']
/** What a person breaks at one go, until it works again. */
const SWITCHES = [
  { name: 'Refuse', fault: { mode: 'status', status: 503 } },
  { name: 'Hang', fault: { mode: 'timeout' } },
  { name: 'Take and reset', fault: { mode: 'accept_then_reset' } },
  { name: 'Flap', fault: { mode: 'status', status: 503, share: 0.5 } },
]

let inForce = []

/** @param {HTMLFormElement} form @param {Function} act */
export function offerFaults(form, act) {
  byId('vendors').replaceChildren(...VENDORS.map((provider) => vendor(provider, act)))
  byId('fault-provider').replaceChildren(...VENDORS.map((name) => el('option', {}, name)))
  byId('fault-mode').replaceChildren(...MODES.map((name) => el('option', {}, name)))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void set(typed(), act)
  })
}

function vendor(provider, act) {
  const breaks = SWITCHES.map(({ name, fault }) =>
    button(name, `${name}: ${provider}`, () => set({ provider, ...fault }, act)),
  )
  const works = button('Works', `Works: ${provider}`, () => repair(provider, act))
  return el(
    'li',
    { 'data-provider': provider, 'data-state': 'works' },
    el('span', { class: 'name' }, provider),
    el('span', { class: 'state' }, 'works'),
    el('span', { class: 'switches' }, ...breaks, works),
  )
}

function button(name, label, onClick) {
  const made = el('button', { type: 'button', class: 'quiet', 'aria-label': label }, name)
  made.addEventListener('click', () => void onClick())
  return made
}

const set = (fault, act) =>
  act('fault-said', { method: 'POST', path: '/faults', body: fault }, (set) => `Set: ${sentence(set)}`)

async function repair(provider, act) {
  const own = inForce.filter((fault) => fault.provider === provider)
  for (const { id } of own) await remove(id, act)
  if (own.length === 0)
    await act('fault-said', { method: 'GET', path: '/faults' }, () => `${provider} works already.`)
}

const remove = (id, act) =>
  act('fault-said', { method: 'DELETE', path: `/faults/${id}` }, ({ removed }) =>
    removed === 1 ? 'The fault is gone.' : 'The fault was over already.',
  )

function typed() {
  const text = (name) => byId(`fault-${name}`).value.trim()
  const number = (name) => (text(name) === '' ? undefined : Number(text(name)))
  const share = number('share')
  const code = text('code')
  return {
    provider: text('provider'),
    mode: text('mode'),
    status: number('status'),
    times: number('times'),
    delay_ms: number('delay'),
    share: share === undefined ? undefined : share / 100,
    error_code: code === '' ? undefined : code,
  }
}

/** Writes only what changed: a button that has the focus stays. */
export function showFaults(faults, act) {
  inForce = faults
  const list = byId('faults')
  const known = new Map([...list.children].map((item) => [item.dataset.id, item]))
  for (const [id, item] of known) if (!faults.some((fault) => fault.id === id)) item.remove()
  for (const fault of faults) {
    const item = known.get(fault.id)
    if (item === undefined) list.append(faultItem(fault, act))
    else write(item.querySelector('.state'), sentence(fault))
  }
  byId('no-faults').hidden = faults.length > 0
  for (const item of byId('vendors').children) {
    const own = faults.filter(({ provider }) => provider === item.dataset.provider)
    item.dataset.state = own.length === 0 ? 'works' : 'broken'
    write(item.querySelector('.state'), own.length === 0 ? 'works' : own.map(what).join(', then '))
  }
}

function faultItem(fault, act) {
  const text = sentence(fault)
  return el(
    'li',
    { 'data-id': fault.id },
    el('span', { class: 'state' }, text),
    button('Take back', `Take back: ${text}`, () => remove(fault.id, act)),
  )
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text
}

const sentence = (fault) => `${fault.provider}: ${what(fault)}`

function what({ mode, status, delay_ms, error_code, share, method, remaining }) {
  const parts = [
    [mode, status, error_code, delay_ms && `${delay_ms} ms`, method].filter(Boolean).join(' '),
    share && `${Math.round(share * 100)} of 100 calls`,
    remaining !== null && `${remaining} more ${remaining === 1 ? 'time' : 'times'}`,
  ]
  return parts.filter(Boolean).join(', ')
}
