// Revokes a magic link. What is over already stays as it is, and a repeat answers the same.

import type { MagicLinkState } from '@postern/contracts/http/magic-link'
import type { TenantRun } from '@postern/db/with-tenant'
import { revokeChallenge } from './challenge.store.ts'
import { readMagicLink } from './read-challenge.ts'

/** @throws AppError NOT_FOUND */
export async function revokeMagicLink(run: TenantRun, tenantId: string, id: string): Promise<MagicLinkState> {
  await revokeChallenge(run, tenantId, id)
  return readMagicLink(run, tenantId, id)
}
