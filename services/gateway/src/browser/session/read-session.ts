// Tells a page who is signed in, without any token.

import type { CurrentSession } from '@postern/contracts/http/browser'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { BrowserCaller } from '@postern/service-kit/caller'
import { showUser } from '../../user/proven-user.ts'
import { findSession } from './find-session.ts'

/** What the page may know of its session. @throws AppError UNAUTHENTICATED where there is none, or it is over */
export async function readBrowserSession(
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
