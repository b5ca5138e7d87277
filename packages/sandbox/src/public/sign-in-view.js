// How far one sign-in has come: its three steps and its trail.

import { byId, el } from './dom.js'
import { mailView } from './mail-view.js'
import { showTrail } from './trail-view.js'

export function showSignIn(signIn) {
  showAsked(signIn)
  showMessage(signIn)
  showCode(signIn)
  if (signIn.signed_in && byId('signed-in') === null) showSignedIn(signIn.signed_in)
  showTrail(signIn.trail)
  for (const [place, step] of ['step-ask', 'step-mail', 'step-done'].entries())
    byId(step).dataset.state = statesOf(signIn)[place]
}

function statesOf({ method, message, signed_in }) {
  if (signed_in) return ['done', 'done', 'done']
  return method === 'code' && message !== null ? ['done', 'done', 'current'] : ['done', 'current', 'waiting']
}

function showAsked({ method, to, signed_in }) {
  byId('ask').hidden = true
  byId('asked').hidden = false
  byId('asked').replaceChildren(
    ...(to === null
      ? ['This link was asked for elsewhere. ']
      : [`A ${method} ${signed_in ? 'went to' : 'is on its way to'} `, el('strong', {}, to), '. ']),
    startOver(),
  )
}

export function startOver() {
  return el('a', { href: '/' }, 'Start over')
}

function showMessage({ method, to, message, signed_in }) {
  const box = byId('mail')
  const status = byId('mail-status')
  if (signed_in) {
    status.replaceChildren(`Its ${method} is spent now. The message stays in the `, inboxLink(message), '.')
    box.replaceChildren()
  } else if (message === null) {
    status.textContent = to === null ? 'The mail is in its own inbox.' : 'Waiting for the message …'
  } else if (box.firstElementChild?.dataset.messageId !== message.id) {
    status.textContent =
      method === 'code'
        ? 'Here it is. Type its code below.'
        : 'Here it is. Follow its link: it opens in a new tab.'
    box.replaceChildren(mailView(message))
  }
}

/** The form appears once, so that what somebody types stays. */
function showCode({ method, signed_in }) {
  const isAsked = method === 'code' && !signed_in
  byId('code').hidden = !isAsked
  byId('done-title').textContent = isAsked ? 'Type the code' : 'Signed in'
  if (isAsked && byId('done').firstElementChild !== null) byId('done').replaceChildren()
}

function inboxLink(message) {
  return el('a', { href: message === null ? '/inbox' : `/inbox#${message.id}` }, 'inbox')
}

function showSignedIn({ name, created, session, second_factor_required }) {
  const who = el(
    'p',
    { id: 'signed-in', class: 'who' },
    'You are signed in as ',
    el('strong', {}, name ?? 'a user without an address'),
  )
  if (second_factor_required)
    who.replaceChildren(
      'That was right. This account also asks for a second factor, which this demo does not show.',
    )
  const facts = [
    ['Account', created ? 'new, made by this sign-in' : 'known before'],
    ...(session
      ? [
          ['Proven by', session.amr.join(', ')],
          ['Session', session.id],
        ]
      : []),
  ]
  const list = el(
    'dl',
    { class: 'facts' },
    ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]),
  )
  const hint = el(
    'p',
    { class: 'hint' },
    'The tokens stay on the server side of this demo. A real application would set its cookie now.',
  )
  byId('done').replaceChildren(who, list, ...(session ? [hint] : []))
}
