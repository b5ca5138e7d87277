// Tells the state of a magic link and of its delivery.

import type { MagicLinkState } from '@postern/contracts/http/magic-link'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { findChallenge } from './challenge.store.ts'
import { statusOf } from './challenge.ts'

/** @throws AppError NOT_FOUND */
export async function readMagicLink(run: TenantRun, tenantId: string, id: string): Promise<MagicLinkState> {
  const found = await findChallenge(run, tenantId, id)
  if (found === undefined) throw new AppError('NOT_FOUND', { reason: 'no such magic link' })
  return {
    id: found.id,
    purpose: found.purpose,
    status: statusOf(found),
    expires_at: found.expiresAt.toISOString(),
    consumed_at: found.consumedAt?.toISOString() ?? null,
    delivery: found.delivery,
  }
}
