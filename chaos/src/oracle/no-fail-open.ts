// I6: whatever is down, limits are as strict as ever, and a refusal is a clean one.

import type { Evidence, Violation } from './evidence.ts'

/** Sends of one identifier in its window, and wrong guesses of one code. */
const SENDS = { quota: 5, windowMs: 900_000 }
const GUESSES = 5

export function judgeLimits({ challenges, intents, internalErrors }: Evidence): Violation[] {
  const violations: Violation[] = []
  const tell = (intent: string | null, what: string) => violations.push({ rule: 'I6', intent, what })
  if (internalErrors > 0) tell(null, `${internalErrors} requests were answered 500`)
  const keyOf = new Map(intents.map(({ tenant, to, key }) => [`${tenant} ${to}`, key]))
  for (const [name, made] of Map.groupBy(challenges, (row) => `${row.tenant} ${row.identityKey}`)) {
    const most = mostWithin(
      made.map(({ createdAt }) => createdAt),
      SENDS.windowMs,
    )
    if (most > SENDS.quota) tell(keyOf.get(name) ?? null, `${most} sends to one identifier within 15 minutes`)
  }
  for (const { key, judgedGuesses, proofs } of intents) {
    if (judgedGuesses > GUESSES) tell(key, `${judgedGuesses} guesses of one code were judged`)
    if (judgedGuesses === GUESSES && proofs.includes(200)) tell(key, 'a code was taken after its last guess')
  }
  return violations
}

/** The most of these that fall into any stretch of this length. */
function mostWithin(times: readonly number[], lengthMs: number): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + lengthMs).length))
}
