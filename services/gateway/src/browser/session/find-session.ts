// The session of a page's cookie, from Postgres each time: for what changes something, and for what tells the page.

import type { TenantRun } from '@postern/db/with-tenant'
import type { BrowserCaller } from '@postern/service-kit/caller'
import { readRefreshToken } from '@postern/token/refresh-token'
import { findBrowserSession, type LiveBrowserSession } from './browser-session.store.ts'

/** Undefined where the browser has no session's cookie, or one whose session is over. */
export async function findSession(
  run: TenantRun,
  { tenantId, cookie }: Pick<BrowserCaller, 'tenantId' | 'cookie'>,
): Promise<LiveBrowserSession | undefined> {
  const presented = cookie?.kind === 'session' ? readRefreshToken(cookie.value) : null
  return presented === null ? undefined : findBrowserSession(run, tenantId, presented)
}
