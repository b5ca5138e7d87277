// Lists a user's live sessions, newest first.

import type { Session } from '@postern/contracts/http/session'
import type { TenantRun } from '@postern/db/with-tenant'
import { noSuchUser } from '../user/user.ts'
import { liveSessions, type SessionPage, type SessionRow } from './session.store.ts'

export interface ListedSessions {
  items: Session[]
  next_cursor: string | null
}

/** `page.before`: the cursor of the page before. @throws AppError NOT_FOUND when there is no such user */
export async function listSessions(
  run: TenantRun,
  tenantId: string,
  userId: string,
  { limit, before }: SessionPage,
): Promise<ListedSessions> {
  // One more than asked for tells whether there is a next page.
  const found = await liveSessions(run, tenantId, userId, { limit: limit + 1, before })
  if (found === undefined) throw noSuchUser()
  const items = found.slice(0, limit).map(show)
  return { items, next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }
}

const show = (row: SessionRow): Session => ({
  ...row,
  created_at: row.created_at.toISOString(),
  last_used_at: row.last_used_at.toISOString(),
  idle_expires_at: row.idle_expires_at.toISOString(),
  expires_at: row.expires_at.toISOString(),
})
