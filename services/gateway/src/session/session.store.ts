// Which sessions a user has, and ending them. An end tells the trail and every process in its own statement.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { SessionKind } from './session.ts'

export interface SessionRow {
  id: string
  user_id: string
  kind: SessionKind
  user_agent: string | null
  address: string | null
  amr: FactorMethod[]
  acr: string
  created_at: Date
  last_used_at: Date
  idle_expires_at: Date
  expires_at: Date
}

interface SessionPage {
  limit: number
  /** ids below this one; null: from the newest on */
  before: string | null
}

/** The user's live sessions, newest first; undefined when there is no such user. */
export async function liveSessions(
  run: TenantRun,
  tenantId: string,
  userId: string,
  { limit, before }: SessionPage,
): Promise<SessionRow[] | undefined> {
  const rows = await run(sql<SessionRow | { id: null }>`
    SELECT s.id, u.id AS user_id, s.kind, s.user_agent, s.address, s.amr, s.acr, s.created_at, s.last_used_at,
           s.idle_expires_at, s.expires_at
      FROM users u LEFT JOIN LATERAL (
        SELECT id, kind, user_agent, address, amr, acr, created_at, last_used_at, idle_expires_at, expires_at
          FROM sessions
         WHERE tenant_id = u.tenant_id AND user_id = u.id AND (${before}::uuid IS NULL OR id < ${before}::uuid)
           AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > now()
         ORDER BY id DESC LIMIT ${limit}::integer
      ) s ON true
     WHERE u.tenant_id = ${tenantId}::uuid AND u.id = ${userId}::uuid
     ORDER BY s.id DESC`)
  return rows.length === 0 ? undefined : rows.filter((row) => row.id !== null)
}

/** Ends the session for every process. A repeat changes nothing; false when there is no such session. */
export async function endSession(run: TenantRun, tenantId: string, id: string): Promise<boolean> {
  const rows = await run(sql`
    WITH found AS (SELECT id FROM sessions WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid),
    ended AS (
      UPDATE sessions SET revoked_at = now()
       WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND revoked_at IS NULL
      RETURNING id, user_id
    ), ${known(tenantId)}
    SELECT id FROM found`)
  return rows.length > 0
}

export interface SessionsOfUser {
  userId: string
  /** the one that stays; null: none does */
  except: string | null
}

/** Ends the user's live sessions for every process and answers how many; undefined when there is no such user. */
export async function endSessionsOf(
  run: TenantRun,
  tenantId: string,
  { userId, except }: SessionsOfUser,
): Promise<number | undefined> {
  const [row] = await run(sql<{ ended: number }>`
    WITH found AS (SELECT id FROM users WHERE tenant_id = ${tenantId}::uuid AND id = ${userId}::uuid),
    ended AS (
      UPDATE sessions SET revoked_at = now()
       WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid AND id IS DISTINCT FROM ${except}::uuid
         AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > now()
      RETURNING id, user_id
    ), ${known(tenantId)}
    SELECT (SELECT count(*) FROM ended)::integer AS ended FROM found`)
  return row?.ended
}

const known = (tenantId: string) => sql`
  known AS (
    INSERT INTO revocations (tenant_id, kind, subject_id) SELECT ${tenantId}::uuid, 'session', id FROM ended
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
    SELECT ${tenantId}::uuid, 'session.revoked', 'session:' || id, 'success', jsonb_build_object('user_id', user_id)
      FROM ended
  )`
