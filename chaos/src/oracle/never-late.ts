// I4: no vendor call begins after the challenge expired, was used, replaced or revoked, nor before it is due.

import type { ChallengeRow, Evidence, Violation } from './evidence.ts'
import type { File } from './file.ts'

/** A proof's time is when its transaction began; an attempt before its commit could not see it. No statement takes longer. */
const COMMIT_MS = 5_000
/** Clocks of one machine, read in milliseconds. */
const EARLY_MS = 5
/** From the recorded attempt to the last byte that a vendor gets: the call's own deadline, and some for the machine. */
const CALL_MS = 10_000

export function judgeLate(files: readonly File[], _evidence: Evidence): Violation[] {
  return files.flatMap((file) =>
    faultsOf(file).map((what) => ({ rule: 'I4' as const, intent: file.intent.key, what })),
  )
}

function faultsOf({ challenge, delivery, attempts, calls, intent }: File): string[] {
  const over = challenge === undefined ? (delivery?.expiresAt ?? 0) : endOf(challenge)
  const late = attempts.filter(({ startedAt }) => startedAt > over + COMMIT_MS)
  const faults = late.map(
    ({ number, startedAt }) => `attempt ${number} began ${startedAt - over} ms after it was over`,
  )
  for (const { at } of calls) {
    if (at > over + CALL_MS) faults.push(`a vendor was called ${at - over} ms after it was over`)
  }
  const early = calls.filter(({ at }) => at < (intent.notBefore ?? 0) - EARLY_MS)
  for (const { at } of early) faults.push(`a vendor was called ${(intent.notBefore ?? 0) - at} ms too early`)
  if (calls.length > attempts.length)
    faults.push(`${calls.length} calls of ${attempts.length} attempts: ${intent.answer.deliveryId}`)
  return faults
}

const endOf = ({ expiresAt, consumedAt, supersededAt, revokedAt }: ChallengeRow): number =>
  Math.min(expiresAt, ...[consumedAt, supersededAt, revokedAt].filter((at) => at !== null))
