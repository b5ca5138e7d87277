// I5: every change of state has exactly one event.

import type { Evidence, Violation } from './evidence.ts'
import type { File } from './file.ts'
import { TERMINAL } from './nothing-lost.ts'

export function judgeTrail(files: readonly File[], evidence: Evidence): Violation[] {
  const house: string[] = []
  if (evidence.unrecorded > 0) house.push(`${evidence.unrecorded} events were never recorded`)
  const ids = new Set(evidence.events.map(({ id }) => id))
  if (ids.size < evidence.events.length)
    house.push(`${evidence.events.length - ids.size} events are there twice`)
  const opened = Map.groupBy(
    evidence.events.filter(({ kind }) => kind === 'session.opened'),
    ({ subject }) => subject,
  )
  for (const { id } of evidence.sessions) {
    const told = opened.get(`session:${id}`)?.length ?? 0
    if (told !== 1) house.push(`session ${id} was told ${told} times`)
  }
  const own = files.flatMap((file) =>
    faultsOf(file).map((what) => ({ rule: 'I5' as const, intent: file.intent.key, what })),
  )
  return [...own, ...house.map((what) => ({ rule: 'I5' as const, intent: null, what }))]
}

/** Why what a vendor had accepted goes by another one. */
const HANDED_ON: ReadonlySet<string | null> = new Set(['no_receipt', 'undelivered'])

const happened = (at: number | null | undefined): number => (typeof at === 'number' ? 1 : 0)

function faultsOf({ challenge, delivery, attempts, events }: File): string[] {
  if (delivery === undefined) return []
  const count = (kind: string) => events.filter((event) => event.kind === kind).length
  const expected: [string, number][] = [
    ['challenge.issued', challenge === undefined ? 0 : 1],
    ['delivery.created', challenge === undefined ? 1 : 0],
    ['challenge.verified', happened(challenge?.consumedAt)],
    ['challenge.superseded', happened(challenge?.supersededAt)],
    ['challenge.revoked', happened(challenge?.revokedAt)],
    ['delivery.queued', delivery.drive],
    ['delivery.attempted', attempts.length],
    ['delivery.delivered', delivery.status === 'delivered' ? 1 : 0],
  ]
  const wrong = expected.filter(([kind, times]) => count(kind) !== times)
  const faults = wrong.map(
    ([kind, times]) => `${kind} was told ${count(kind)} times, and happened ${times} times`,
  )
  const ends = events.filter(({ kind }) => kind.startsWith('delivery.') && TERMINAL.has(kind.slice(9)))
  if (TERMINAL.has(delivery.status) && !ends.some(({ kind }) => kind === `delivery.${delivery.status}`)) {
    faults.push(`its end as ${delivery.status} was not told`)
  }
  // A vendor's acceptance is followed by its receipt, or handed to another vendor; nothing else follows an end.
  const kinds = ends.map(({ kind }) => kind).filter((kind) => kind !== 'delivery.delivered')
  const handedOn = events.filter(
    ({ kind, reason }) => kind === 'delivery.deferred' && HANDED_ON.has(reason),
  ).length
  if (kinds.length > 1 + handedOn) faults.push(`it ended ${kinds.length} times: ${kinds.join(', ')}`)
  return faults
}
