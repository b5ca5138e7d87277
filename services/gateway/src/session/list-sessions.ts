// Lists a user's live sessions, newest first.

import type { Session } from '@postern/contracts/http/session'
import type { TenantRun } from '@postern/db/with-tenant'
import { pageOf, readCursor } from '../paging/id-cursor.ts'
import { noSuchUser } from '../user/user.ts'
import { liveSessions, type SessionRow } from './session.store.ts'

export interface ListedSessions {
  items: Session[]
  next_cursor: string | null
}

/**
 * `cursor`: of the page before; null: the first page.
 * @throws AppError VALIDATION_FAILED for a cursor that is none of ours, NOT_FOUND when there is no such user
 */
export async function listSessions(
  run: TenantRun,
  tenantId: string,
  userId: string,
  { limit, cursor }: { limit: number; cursor: string | null },
): Promise<ListedSessions> {
  const before = cursor === null ? null : readCursor(cursor)
  const found = await liveSessions(run, tenantId, userId, { limit: limit + 1, before })
  if (found === undefined) throw noSuchUser()
  const { items, next_cursor } = pageOf(found, limit)
  return { items: items.map(show), next_cursor }
}

const show = (row: SessionRow): Session => ({
  ...row,
  created_at: row.created_at.toISOString(),
  last_used_at: row.last_used_at.toISOString(),
  idle_expires_at: row.idle_expires_at.toISOString(),
  expires_at: row.expires_at.toISOString(),
})
