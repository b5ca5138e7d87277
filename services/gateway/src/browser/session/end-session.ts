// Signs a browser out. Only who has the cookie's secret ends its session; whoever has none is signed out already.

import type { TenantRun } from '@postern/db/with-tenant'
import type { BrowserCaller } from '@postern/service-kit/caller'
import { revokeSession } from '../../session/revoke-session.ts'
import { findSession } from './find-session.ts'

/** `but`: a session that stays, although the browser had it. */
export async function endBrowserSession(
  run: TenantRun,
  caller: Pick<BrowserCaller, 'tenantId' | 'cookie'>,
  but?: string,
): Promise<void> {
  const live = await findSession(run, caller)
  if (live !== undefined && live.id !== but) await revokeSession(run, caller.tenantId, live.id)
}
