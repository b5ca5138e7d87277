// Renews a session of the API: spends its refresh token and signs a new access token.

import type { SessionTokens } from '@postern/contracts/http/sign-in-result'
import type { TenantRun } from '@postern/db/with-tenant'
import { type SignDeps, sessionTokens } from '../sign-access.ts'
import { type RotateDeps, rotateRefreshToken } from './rotate-refresh-token.ts'

/** @throws AppError as `rotateRefreshToken` does */
export async function refreshSession(
  deps: RotateDeps & SignDeps,
  run: TenantRun,
  tenant: { id: string; audience: string },
  refreshToken: string,
): Promise<{ session: SessionTokens; repeated: boolean }> {
  const rotation = await rotateRefreshToken(deps, run, {
    tenantId: tenant.id,
    kind: 'api',
    text: refreshToken,
  })
  const { sessionId: id, userId, amr, acr, refreshExpiresAt } = rotation
  const opened = {
    tenant,
    userId,
    session: { id, amr, acr },
    refreshToken: rotation.refreshToken,
    refreshExpiresAt,
  }
  return { session: await sessionTokens(deps, opened), repeated: rotation.repeated }
}
