// The oracle: what of the guarantees I1 to I8 the evidence contradicts.

import { judgeTwice } from './at-most-twice.ts'
import { judgeTrail } from './audited.ts'
import type { Evidence, Violation } from './evidence.ts'
import { filesOf } from './file.ts'
import { judgeLate } from './never-late.ts'
import { judgeLimits } from './no-fail-open.ts'
import { judgeLost } from './nothing-lost.ts'
import { judgeSessions } from './one-session.ts'
import { judgeTenants } from './own-tenant.ts'

/** Every contradiction; none: all of it holds. */
export function judge(evidence: Evidence): Violation[] {
  const files = filesOf(evidence)
  return [
    ...judgeLost(files, evidence),
    ...judgeTwice(files, evidence),
    ...judgeSessions(files, evidence),
    ...judgeLate(files, evidence),
    ...judgeTrail(files, evidence),
    ...judgeLimits(evidence),
    ...judgeTenants(files, evidence),
    ...evidence.leaks.map((what) => ({ rule: 'I8' as const, intent: null, what })),
  ]
}
