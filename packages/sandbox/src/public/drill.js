// The drill: the ledger as it grows, the faults in force, and what a person does to the vendors.

import { calledIn } from './calls-view.js'
import { ask, byId, el, notice, postJson } from './dom.js'
import { offerFaults, showFaults } from './faults-view.js'
import { offerReceipts, showMessages, showReceipts } from './receipts-view.js'

const POLL_MS = 1_000
const SHOWN = 200

const showCalls = calledIn(byId('calls'), (messageId) => {
  const choice = byId('receipt-message')
  choice.value = messageId
  byId('receipt-status').focus()
})
let looking = null

offerFaults(byId('fault'), act)
offerReceipts(byId('receipt'), act)
void follow()

async function follow() {
  for (;;) {
    await look()
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** One look at a time: an older answer never paints over a newer one. */
function look() {
  looking ??= refresh().finally(() => {
    looking = null
  })
  return looking
}

async function refresh() {
  const [calls, faults, receipts] = await Promise.all([
    ask(`/calls?limit=${SHOWN}`),
    ask('/faults'),
    ask('/receipts?limit=50'),
  ])
  if ([calls, faults, receipts].some((answer) => answer?.status !== 200))
    return notice('The sandbox does not answer.', 'This page goes on by itself when it is back.')
  notice(null)
  const newestFirst = calls.data.toReversed()
  showCalls(newestFirst)
  say('calls-count', counted(newestFirst))
  showMessages(newestFirst)
  showFaults(faults.data, act)
  showReceipts(receipts.data)
}

function counted([newest]) {
  if (newest === undefined) return 'No call yet. They will show up here by themselves.'
  const { seq } = newest
  return seq > SHOWN ? `The newest ${SHOWN} of ${seq} calls` : seq === 1 ? '1 call' : `${seq} calls`
}

/**
 * Asks the sandbox for something, says in `place` what came of it, and looks again.
 * @param {string} place id of the element that says it
 * @param {{ method: string, path: string, body?: object }} asked
 * @param {(data: object) => string} tell
 */
async function act(place, { method, path, body }, tell) {
  const answer = method === 'POST' ? await postJson(path, body) : await ask(path, { method })
  const problem = answer === null ? 'The sandbox does not answer.' : answer.data?.error?.message
  say(place, problem ?? tell(answer.data), problem !== undefined)
  // What was looked at before is older than what was done.
  await looking
  await look()
  return problem === undefined
}

/** Only what changed is written, so that nobody is read the same sentence twice. */
function say(id, text, isBad = false) {
  const box = byId(id)
  if (box.textContent === text && box.firstElementChild?.className === (isBad ? 'bad' : '')) return
  box.replaceChildren(el('span', { class: isBad ? 'bad' : '' }, text))
}
