// The inbox page: the newest messages as they arrive, one of them open.

import { ask, byId, el, notice, timeOf } from './dom.js'
import { mailView } from './mail-view.js'

const POLL_MS = 1_000
const SHOWN = 200

let messages = []

byId('filter').addEventListener('input', showList)
byId('clear').addEventListener('click', clear)
window.addEventListener('hashchange', showOpen)
void follow()

async function follow() {
  for (;;) {
    await refresh()
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function refresh() {
  const answer = await ask(`/inbox/messages?limit=${SHOWN}`)
  if (answer?.status !== 200)
    return notice('The sandbox does not answer.', 'This page goes on by itself when it is back.')
  notice(null)
  const changed = answer.data[0]?.id !== messages[0]?.id || answer.data.length !== messages.length
  messages = answer.data
  if (!changed && byId('count').textContent !== '') return
  showList()
  showOpen()
}

function showList() {
  const wanted = byId('filter').value.trim().toLowerCase()
  const matching = messages.filter(({ to, subject }) =>
    `${to} ${subject ?? ''}`.toLowerCase().includes(wanted),
  )
  byId('count').textContent = counted(matching.length)
  byId('messages').replaceChildren(...matching.map(row))
}

function counted(number) {
  if (messages.length === 0) return 'No message yet. It will show up here by itself.'
  if (number === messages.length) return number === 1 ? '1 message' : `${number} messages`
  return `${number} of ${messages.length} messages`
}

function row({ id, to, subject, text, channel, provider, received_at }) {
  return el(
    'li',
    {},
    el(
      'a',
      { href: `#${id}`, 'data-message-id': id, 'aria-current': openId() === id ? 'true' : undefined },
      el('span', { class: 'to' }, to),
      timeOf(received_at),
      el('span', { class: 'subject' }, subject ?? text ?? ''),
      el('span', { class: 'tag' }, `${channel} · ${provider}`),
    ),
  )
}

/** The message named in the address, else the newest. */
function openId() {
  return location.hash.slice(1) || messages[0]?.id
}

function showOpen() {
  const id = openId()
  const message = messages.find((each) => each.id === id)
  const box = byId('message')
  if (message === undefined) box.replaceChildren(el('p', { class: 'hint' }, 'No message is open.'))
  else if (box.firstElementChild?.dataset.messageId !== id) box.replaceChildren(mailView(message))
  for (const link of byId('messages').querySelectorAll('a')) {
    if (link.dataset.messageId === id) link.setAttribute('aria-current', 'true')
    else link.removeAttribute('aria-current')
  }
}

async function clear() {
  await ask('/inbox/messages', { method: 'DELETE' })
  history.replaceState(null, '', location.pathname)
  await refresh()
}
