// How far one sign-in has come: its three steps and its trail.

import { byId, el } from './dom.js'
import { mailView } from './mail-view.js'
import { showTrail } from './trail-view.js'

export function showSignIn(signIn) {
  showAsked(signIn)
  showMail(signIn)
  if (signIn.signed_in && byId('signed-in') === null) showSignedIn(signIn.signed_in)
  showTrail(signIn.trail)
  const states = signIn.signed_in ? ['done', 'done', 'done'] : ['done', 'current', 'waiting']
  for (const [place, step] of ['step-ask', 'step-mail', 'step-done'].entries())
    byId(step).dataset.state = states[place]
}

function showAsked({ email, signed_in }) {
  byId('ask').hidden = true
  byId('asked').hidden = false
  byId('asked').replaceChildren(
    ...(email === null
      ? ['This link was asked for elsewhere. ']
      : [signed_in ? 'A link went to ' : 'A link is on its way to ', el('strong', {}, email), '. ']),
    startOver(),
  )
}

export function startOver() {
  return el('a', { href: '/' }, 'Start over')
}

function showMail({ email, mail, signed_in }) {
  const box = byId('mail')
  const status = byId('mail-status')
  if (signed_in) {
    status.replaceChildren('Its link is spent now. The mail stays in the ', inboxLink(mail), '.')
    box.replaceChildren()
  } else if (mail === null) {
    status.textContent = email === null ? 'The mail is in its own inbox.' : 'Waiting for the mail …'
  } else if (box.firstElementChild?.dataset.messageId !== mail.id) {
    status.textContent = 'Here it is. Follow its link: it opens in a new tab.'
    box.replaceChildren(mailView(mail))
  }
}

function inboxLink(mail) {
  return el('a', { href: mail === null ? '/inbox' : `/inbox#${mail.id}` }, 'inbox')
}

function showSignedIn({ email, created, session, second_factor_required }) {
  const who = el(
    'p',
    { id: 'signed-in', class: 'who' },
    'You are signed in as ',
    el('strong', {}, email ?? 'a user without an address'),
  )
  if (second_factor_required)
    who.replaceChildren(
      'The link was right. This account also asks for a second factor, which this demo does not show.',
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
