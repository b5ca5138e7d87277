// The demo's page: asks for a link or a code, shows the message, and hands what proves the person to its server side:
// a token found in the fragment, or the code that was typed.
// The page never holds the API key nor a session token.

import { ask, byId, el, notice, postJson } from './dom.js'
import { showSignIn, startOver } from './sign-in-view.js'

const QUICK_MS = 700
const SLOW_MS = 5_000

/** The sign-in that the page shows; a newer one ends the watch over the older. */
let watched = null

byId('ask').addEventListener('submit', (event) => {
  event.preventDefault()
  void start(byId('to').value.trim(), event.submitter?.value ?? 'link')
})
byId('code').addEventListener('submit', (event) => {
  event.preventDefault()
  void tryCode(byId('typed').value)
})
window.addEventListener('hashchange', open)
void showPlaces()
open()

/** Looks where the page was opened: with a token to spend, with a sign-in to go on with, or plainly. */
function open() {
  const token = new URLSearchParams(location.hash.slice(1)).get('postern_token')
  const id = location.pathname.split('/')[2] || new URLSearchParams(location.search).get('sign_in')
  if (token) void finish(token, id)
  else if (id) void watch(id)
}

async function start(typed, method) {
  notice(null)
  // People write numbers with spaces; the gateway takes them as they are called.
  const to = typed.startsWith('+') && !typed.includes('@') ? typed.replace(/[\s()/.-]/g, '') : typed
  lock('ask', true)
  const answer = await postJson('/demo/sign-ins', { to, method })
  lock('ask', false)
  if (answer?.status !== 201) return showProblem(answer, `No ${method} was sent.`)
  history.pushState(null, '', `/?sign_in=${encodeURIComponent(answer.data.id)}`)
  await watch(answer.data.id)
}

async function tryCode(code) {
  const id = watched
  lock('code', true)
  const answer = await postJson('/demo/codes', { sign_in: id, code })
  lock('code', false)
  if (watched !== id) return
  if (answer?.status === 200) return watch(id, { focus: true })
  byId('code-problem').textContent = sentenceOf(answer?.data?.problem)
  byId('code-problem').hidden = false
  byId('typed').value = ''
  byId('typed').focus()
}

/** Nobody submits a form twice while its answer is on the way. */
function lock(form, locked) {
  for (const button of byId(form).querySelectorAll('button')) button.disabled = locked
}

/** The token leaves the address bar before anything else happens. */
async function finish(token, id) {
  history.replaceState(null, '', location.pathname + location.search)
  byId('done').replaceChildren(el('p', {}, 'Checking the link …'))
  const answer = await postJson('/demo/verify', { token, ...(id ? { sign_in: id } : {}) })
  if (answer?.status === 200) return watch(answer.data.id, { focus: true })
  byId('done').replaceChildren(el('p', {}, 'This link did not sign you in. '), startOver())
  showProblem(answer, 'This link did not sign you in.')
  if (id) await watch(id)
}

async function watch(id, { focus = false } = {}) {
  watched = id
  let pause = QUICK_MS
  let last = null
  while (watched === id) {
    const answer = await ask(`/demo/sign-ins/${encodeURIComponent(id)}`)
    if (watched !== id) return
    if (answer?.status === 404)
      return notice('This sandbox does not know that sign-in.', 'It may have been restarted.')
    const now = answer?.status === 200 ? JSON.stringify(answer.data) : null
    pause = now === last ? Math.min(pause * 1.2, SLOW_MS) : QUICK_MS
    showHealth(now !== null)
    if (now !== null && now !== last) showSignIn(answer.data)
    if (focus && last === null) byId('done-title').focus()
    last = now
    await untilNext(pause)
  }
}

let healthy = true

/** Speaks up when the sandbox stops answering, and is silent again when it is back. */
function showHealth(answers) {
  if (!answers) notice('The sandbox does not answer.', 'This page goes on by itself when it is back.')
  else if (!healthy) notice(null)
  healthy = answers
}

/** Waits, but not while someone has just come back to this tab. */
function untilNext(pause) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', done)
      resolve()
    }
    const timer = setTimeout(done, pause)
    document.addEventListener('visibilitychange', done)
  })
}

function showProblem(answer, fallback) {
  const problem = answer?.data?.problem
  if (problem === undefined)
    return notice(fallback, answer?.data?.error?.message ?? 'The sandbox does not answer.')
  const advice = { unreachable: 'Is it running? "npm start" starts everything.', refused: problem.code ?? '' }
  notice(problem.message, advice[problem.kind])
}

function sentenceOf(problem) {
  if (problem === undefined) return 'The sandbox does not answer.'
  const { message, code, remaining_attempts: left } = problem
  const tries = left === 1 ? '1 try is' : `${left} tries are`
  return [
    message,
    ...(left === null ? [] : [`${tries} left.`]),
    ...(code === null ? [] : [`(${code})`]),
  ].join(' ')
}

async function showPlaces() {
  const answer = await ask('/demo/places')
  if (answer?.status !== 200) return
  const { gateway } = answer.data
  byId('places').append(el('a', { id: 'api-docs', href: `${gateway.url}/docs` }, 'API'))
  if (!gateway.answers)
    notice(`The gateway at ${gateway.url} does not answer.`, 'Is it running? "npm start" starts everything.')
}
