// Tells the state of a challenge and of its delivery.

import type { ChallengeState } from '@postern/contracts/http/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { type ChallengeRef, findChallenge } from './challenge.store.ts'
import { statusOf } from './challenge.ts'

/** @throws AppError NOT_FOUND */
export async function readChallenge(run: TenantRun, ref: ChallengeRef): Promise<ChallengeState> {
  const found = await findChallenge(run, ref)
  if (found === undefined) throw new AppError('NOT_FOUND', { reason: `no such ${ref.kind}` })
  return {
    id: found.id,
    purpose: found.purpose,
    status: statusOf(found),
    expires_at: found.expiresAt.toISOString(),
    consumed_at: found.consumedAt?.toISOString() ?? null,
    delivery: found.delivery,
  }
}
