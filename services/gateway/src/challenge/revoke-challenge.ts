// Revokes a challenge. What is over already stays as it is, and a repeat answers the same.

import type { ChallengeState } from '@postern/contracts/http/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { type ChallengeRef, revokeChallenge as revoke } from './challenge.store.ts'
import { readChallenge } from './read-challenge.ts'

/** @throws AppError NOT_FOUND */
export async function revokeChallenge(run: TenantRun, ref: ChallengeRef): Promise<ChallengeState> {
  await revoke(run, ref)
  return readChallenge(run, ref)
}
