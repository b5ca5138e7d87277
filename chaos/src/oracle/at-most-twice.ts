// I2: a vendor accepts an intent once; twice only where something fell between the written request and the recorded
// outcome, and then with the same secret.

import { secretOf } from '../load/secret.ts'
import type { AttemptRow, Disturbance, Evidence, VendorCall, Violation } from './evidence.ts'
import type { File } from './file.ts'

export function judgeTwice(files: readonly File[], { disturbances }: Evidence): Violation[] {
  const causes = disturbances.map((disturbance) => ({ disturbance, left: mostDoubled(disturbance) }))
  const excused = (at: number) => {
    const cause = causes.find(({ disturbance, left }) => left > 0 && mayDouble(disturbance, at))
    if (cause !== undefined) cause.left -= 1
    return cause !== undefined
  }
  const inOrder = files.toSorted((a, b) => (a.calls[0]?.at ?? 0) - (b.calls[0]?.at ?? 0))
  return inOrder.flatMap((file) =>
    faultsOf(file, excused).map((what) => ({ rule: 'I2' as const, intent: file.intent.key, what })),
  )
}

function faultsOf({ calls, messages, attempts, intent }: File, excused: (at: number) => boolean): string[] {
  const accepted = calls.filter((call) => call.accepted)
  const [first, second] = accepted
  const faults: string[] = []
  if (accepted.length > 2) faults.push(`vendors accepted it ${accepted.length} times`)
  else if (first !== undefined && second !== undefined && !unheard(first, attempts) && !excused(first.at)) {
    faults.push(`vendors accepted it twice, ${second.at - first.at} ms apart, and nothing gave cause for it`)
  }
  const secrets = new Set(messages.map((message) => secretOf(intent.kind, message.text)))
  if (secrets.size > 1) faults.push(`its messages carry ${secrets.size} different secrets`)
  return faults
}

/** The vendor spoiled its answer, or did not give it in time: the worker said so itself. */
function unheard(call: VendorCall, [attempt]: readonly AttemptRow[]): boolean {
  return call.fault !== null || (attempt?.outcome === 'unknown' && attempt.errorCode !== 'lease_ended')
}

/** The doomed work on one mail and one SMS at a time. */
function mostDoubled(disturbance: Disturbance): number {
  if (disturbance.kind !== 'kill') return Number.POSITIVE_INFINITY
  if (disturbance.service === 'gateway') return 0
  // At the other points what dies is one of the two; the other may be in the middle of its call.
  return disturbance.point === 'K7' || disturbance.point === 'K8' ? 2 : 1
}

/** When the request may have been written and its outcome not yet recorded. */
const BEFORE_MS = 3_000
const CALL_MS = 10_000

function mayDouble(disturbance: Disturbance, at: number): boolean {
  const [from, to] =
    disturbance.kind === 'kill' ? [disturbance.at, disturbance.at] : [disturbance.from, disturbance.to]
  return from <= at + CALL_MS && to >= at - BEFORE_MS
}
