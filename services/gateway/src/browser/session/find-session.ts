// The session of a page's cookie, from Postgres each time: for what changes something, and for what tells the page.

import type { CurrentSession } from '@postern/contracts/http/browser'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { BrowserCaller } from '@postern/service-kit/caller'
import { readRefreshToken } from '@postern/token/refresh-token'
import { showUser } from '../../user/proven-user.ts'
import { findBrowserSession, type LiveBrowserSession } from './browser-session.store.ts'

/** Undefined where the browser has no session's cookie, or one whose session is over. */
export async function findSession(
  run: TenantRun,
  { tenantId, cookie }: Pick<BrowserCaller, 'tenantId' | 'cookie'>,
): Promise<LiveBrowserSession | undefined> {
  const presented = cookie?.kind === 'session' ? readRefreshToken(cookie.value) : null
  return presented === null ? undefined : findBrowserSession(run, tenantId, presented)
}

/** What the page may know of its session. @throws AppError UNAUTHENTICATED */
export async function readCurrentSession(
  run: TenantRun,
  caller: Pick<BrowserCaller, 'tenantId' | 'cookie'>,
): Promise<CurrentSession> {
  const found = await findSession(run, caller)
  if (found === undefined) throw new AppError('UNAUTHENTICATED', { reason: 'no live session' })
  const { id, amr, acr, endsAt, createdAt, user } = found
  return {
    user: showUser(user),
    session: { id, expires_at: endsAt.toISOString(), amr, acr, created_at: createdAt.toISOString() },
  }
}
