// Changing a user. Disabling ends every session in the same statement, for every process.

import type { TenantRun } from '@postern/db/with-tenant'
import { type RawBuilder, sql } from 'kysely'
import { USER_COLUMNS } from './user.store.ts'
import type { UserFacts } from './user.ts'

export interface UserChange {
  tenantId: string
  id: string
  /** null: as it is */
  isActive: boolean | null
  /** in place of the old; null: as it is */
  metadata: Record<string, string> | null
}

/** Changes what is named; undefined when there is no such user. Needs the user's row locked: see `lockUser`. */
export async function changeUser(run: TenantRun, change: UserChange): Promise<UserFacts | undefined> {
  const [row] = await run(statement(change))
  return row
}

const statement = (change: UserChange): RawBuilder<UserFacts> => sql<UserFacts>`
  WITH u AS (
    UPDATE users SET is_active = coalesce(${change.isActive}::boolean, is_active),
           metadata = coalesce(${change.metadata && JSON.stringify(change.metadata)}::jsonb, metadata), updated_at = now()
     WHERE tenant_id = ${change.tenantId}::uuid AND id = ${change.id}::uuid
    RETURNING tenant_id, id, email, email_verified_at, phone, phone_verified_at, is_active, created_at, metadata,
              old.is_active AS was_active, old.metadata IS DISTINCT FROM new.metadata AS has_new_metadata
  ), ${ended}, ${told}
  SELECT ${USER_COLUMNS} FROM u`

const ended = sql`
  ended AS (
    UPDATE sessions s SET revoked_at = now() FROM u
     WHERE u.was_active AND NOT u.is_active AND s.tenant_id = u.tenant_id AND s.user_id = u.id
       AND s.revoked_at IS NULL AND least(s.idle_expires_at, s.expires_at) > now()
    RETURNING s.id
  ), dropped AS (
    -- One that is being completed right now is passed over: it waits for the user's row, and then gets no session.
    DELETE FROM pending_sign_ins d USING (
      SELECT p.tenant_id, p.id FROM pending_sign_ins p JOIN u ON p.tenant_id = u.tenant_id AND p.user_id = u.id
       WHERE u.was_active AND NOT u.is_active FOR UPDATE OF p SKIP LOCKED) w
     WHERE d.tenant_id = w.tenant_id AND d.id = w.id
  ), known AS (
    -- Of the user, not of the sessions: what was remembered about any of them is read again, also once it is enabled.
    INSERT INTO revocations (tenant_id, kind, subject_id)
    SELECT tenant_id, 'user', id FROM u WHERE was_active <> is_active
  )`

const told = sql`
  told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
    SELECT tenant_id, 'user.updated', 'user:' || id, 'success', NULL, '{"changed":["metadata"]}'
      FROM u WHERE has_new_metadata
    UNION ALL
    SELECT tenant_id, CASE WHEN is_active THEN 'user.enabled' ELSE 'user.disabled' END, 'user:' || id, 'success', NULL,
           CASE WHEN is_active THEN '{}' ELSE jsonb_build_object('sessions', (SELECT count(*) FROM ended)) END
      FROM u WHERE was_active <> is_active
    UNION ALL
    SELECT u.tenant_id, 'session.revoked', 'session:' || e.id, 'success', 'user_disabled',
           jsonb_build_object('user_id', u.id)
      FROM u, ended e
  )`
