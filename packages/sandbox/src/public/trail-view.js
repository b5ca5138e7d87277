// The audit trail: events are added in their order, and one that is shown stays.

import { byId, el, timeOf } from './dom.js'

const shown = new Map()

export function showTrail({ events, problem }) {
  const list = byId('trail')
  for (const event of events) {
    if (!shown.has(event.id)) shown.set(event.id, item(event))
  }
  const inOrder = events.map((event) => shown.get(event.id))
  const unchanged =
    inOrder.length === list.children.length && inOrder.every((each, place) => list.children[place] === each)
  if (!unchanged) list.replaceChildren(...inOrder)
  showStatus(events.length, problem)
}

function item({ kind, tells, outcome, reason, occurred_at }) {
  return el(
    'li',
    { 'data-kind': kind, 'data-outcome': outcome },
    el('span', { class: 'kind' }, kind),
    timeOf(occurred_at, { milliseconds: true }),
    el('span', { class: 'tells' }, tells),
    ...(reason === null ? [] : [el('span', { class: 'reason' }, `${outcome}: ${reason}`)]),
  )
}

function showStatus(count, problem) {
  const status = byId('trail-status')
  const number = count === 1 ? '1 event so far.' : `${count} events so far.`
  if (problem !== null) status.textContent = problem.message
  else status.textContent = count === 0 ? 'No event has been recorded yet.' : number
  status.classList.toggle('trouble', problem !== null)
}
