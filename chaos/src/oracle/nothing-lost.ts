// I1: what was promised is in one terminal state, in time, and the state says what really happened.

import type { Evidence, Intent, Violation } from './evidence.ts'
import type { File } from './file.ts'

export const TERMINAL: ReadonlySet<string> = new Set([
  'accepted',
  'delivered',
  'failed',
  'expired',
  'cancelled',
  'suppressed',
  'unknown',
  'dead_letter',
])

/** An intent ends within its expiry and this. */
const LATEST_MS = 60_000

export function judgeLost(files: readonly File[], evidence: Evidence): Violation[] {
  const lost = files.flatMap((file) =>
    faultsOf(file).map((what) => ({ rule: 'I1' as const, intent: file.intent.key, what })),
  )
  return [...lost, ...phantoms(evidence)]
}

function faultsOf(file: File): string[] {
  const { challenge, delivery, intent } = file
  if (challenge === undefined && intent.kind !== 'notice')
    return [`its ${intent.kind} ${intent.answer.id} is not there`]
  if (delivery === undefined) return [`its delivery ${intent.answer.deliveryId} is not there`]
  if (!TERMINAL.has(delivery.status)) return [`its delivery is still ${delivery.status}`]
  const lateMs = delivery.updatedAt - delivery.expiresAt - LATEST_MS
  const late = lateMs > 0 ? [`it ended ${lateMs} ms too late`] : []
  return [...late, ...untruth(file, delivery.status)]
}

/** A state that the facts do not bear out. */
function untruth({ challenge, calls, attempts, delivery, intent }: File, status: string): string[] {
  const accepted = calls.filter((call) => call.accepted).length
  const has = (outcome: string) => attempts.some((attempt) => attempt.outcome === outcome)
  if (intent.cancelled && status !== 'cancelled') return [`it was called off, and is ${status}`]
  const isOver =
    intent.cancelled ||
    (challenge?.consumedAt ?? challenge?.supersededAt ?? challenge?.revokedAt ?? null) !== null ||
    intent.revoked
  switch (status) {
    case 'accepted':
    case 'delivered':
      return accepted > 0 ? [] : [`it is ${status}, and no vendor accepted it`]
    case 'cancelled':
      return accepted === 0 && isOver ? [] : [`it is cancelled: ${accepted} calls accepted, over: ${isOver}`]
    case 'expired':
      return accepted === 0 && (delivery?.updatedAt ?? 0) >= (delivery?.expiresAt ?? 0)
        ? []
        : [`it is expired: ${accepted} calls accepted`]
    case 'failed':
      return has('permanent') ? [] : ['it is failed, and no vendor refused it']
    case 'unknown':
      return has('unknown') ? [] : ['it is unknown, and every attempt is known']
    default:
      return [`it is ${status}, and nobody gave cause for it`]
  }
}

/** Asked for again and again with one key, one intent came of it; asked for and refused, none. */
function phantoms({ intents, challenges, deliveries }: Evidence): Violation[] {
  // Whom a notice is for is sealed: they are counted by tenant.
  const nameOf = ({ kind, tenant, to }: Intent) => `${tenant} ${kind === 'notice' ? '' : to}`
  const made = Map.groupBy(
    [
      ...challenges.map(({ tenant, identityKey }) => `${tenant} ${identityKey}`),
      ...deliveries.flatMap(({ tenant, challengeId }) => (challengeId === null ? `${tenant} ` : [])),
    ],
    (name) => name,
  )
  return [...Map.groupBy(intents, nameOf)].flatMap(([name, asked]) => {
    // Where a client never heard anything, there may be one or none.
    const promised = asked.filter(({ answer }) => answer !== null).length
    const silent = asked.filter(({ answer, refusal }) => answer === null && refusal === null).length
    const there = made.get(name)?.length ?? 0
    if (there >= promised && there <= promised + silent) return []
    const what = `${there} intents were made of ${promised} that were promised`
    return [{ rule: 'I1' as const, intent: asked[0]?.key ?? null, what }]
  })
}
