// I3: a secret proves once, and opens one session.

import type { Evidence, Violation } from './evidence.ts'
import type { File } from './file.ts'

export function judgeSessions(files: readonly File[], _evidence: Evidence): Violation[] {
  return files.flatMap((file) =>
    faultsOf(file).map((what) => ({ rule: 'I3' as const, intent: file.intent.key, what })),
  )
}

function faultsOf({ intent, challenge, sessions }: File): string[] {
  const proven = intent.proofs.filter((status) => status === 200).length
  const isSpent = (challenge?.consumedAt ?? null) !== null
  const faults: string[] = []
  if (proven > 1) faults.push(`its secret was taken ${proven} times`)
  if (sessions.length > 1) faults.push(`it opened ${sessions.length} sessions`)
  if (proven === 1 && sessions.length === 0) faults.push('its secret was taken, and no session is there')
  if (sessions.length > 0 && !isSpent) faults.push('it opened a session and is not spent')
  return faults
}
