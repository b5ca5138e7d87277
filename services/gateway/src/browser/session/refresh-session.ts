// Renews a browser's session: its cookie's secret is spent for the next one, as a refresh token is, and with it goes the
// CSRF token.

import type { BrowserSession } from '@postern/contracts/http/browser'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { BrowserCaller } from '@postern/service-kit/caller'
import { type RotateDeps, rotateRefreshToken } from '../../session/refresh/rotate-refresh-token.ts'
import type { SessionSecret } from './session-secret.ts'

export interface RenewedSession extends SessionSecret {
  session: BrowserSession
  /** the answer to a repeat within the grace: nothing was changed */
  repeated: boolean
}

/** @throws AppError UNAUTHENTICATED where the browser has no session's cookie; else as `rotateRefreshToken` does */
export async function refreshBrowserSession(
  deps: RotateDeps,
  run: TenantRun,
  { tenantId, cookie }: Pick<BrowserCaller, 'tenantId' | 'cookie'>,
): Promise<RenewedSession> {
  if (cookie?.kind !== 'session') throw new AppError('UNAUTHENTICATED', { reason: 'no session cookie' })
  const rotation = await rotateRefreshToken(deps, run, { tenantId, kind: 'browser', text: cookie.value })
  const { sessionId: id, amr, acr, refreshExpiresAt: endsAt, refreshToken: secret, repeated } = rotation
  return { session: { id, expires_at: endsAt.toISOString(), amr, acr }, secret, endsAt, repeated }
}
