// Reads how a session stands: session, user and tenant in one look, by the database's clock.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { SessionKind } from '../session/session.ts'
import type { SessionState, Standing } from './standing.ts'

export interface AskedSession {
  tenantId: string
  sessionId: string
  /** of a refresh token that was presented; null: none was */
  refreshDigest: Buffer | null
}

interface Row {
  user_id: string
  audience: string
  kind: SessionKind
  state: SessionState
  amr: FactorMethod[]
  acr: string
  email_verified_at: Date | null
  ends_at: Date
  ends_in_ms: number
  refresh_made_at: Date | null
}

/** Undefined when there is no such session. */
export async function findStanding(
  run: TenantRun,
  { tenantId, sessionId, refreshDigest }: AskedSession,
): Promise<Standing | undefined> {
  const [row] = await run(sql<Row>`
    SELECT s.user_id, t.audience, s.kind, s.amr, s.acr, u.email_verified_at, e.ends_at,
           CASE WHEN s.revoked_at IS NOT NULL THEN 'revoked'
                WHEN NOT (u.is_active AND t.is_active) THEN 'account_disabled'
                WHEN e.ends_at <= now() THEN 'expired'
                ELSE 'live' END AS state,
           (extract(epoch FROM e.ends_at - now()) * 1000)::double precision AS ends_in_ms,
           (SELECT r.created_at FROM refresh_tokens r
             WHERE r.tenant_id = s.tenant_id AND r.session_id = s.id AND r.digest = ${refreshDigest}::bytea
               AND r.used_at IS NULL) AS refresh_made_at
      FROM sessions s
      JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
      JOIN tenants t ON t.id = s.tenant_id
     CROSS JOIN LATERAL (SELECT least(s.idle_expires_at, s.expires_at) AS ends_at) e
     WHERE s.tenant_id = ${tenantId}::uuid AND s.id = ${sessionId}::uuid`)
  if (row === undefined) return undefined
  return {
    tenantId,
    sessionId,
    userId: row.user_id,
    audience: row.audience,
    kind: row.kind,
    state: row.state,
    amr: row.amr,
    acr: row.acr,
    emailVerifiedAt: row.email_verified_at,
    endsAt: row.ends_at,
    endsInMs: row.ends_in_ms,
    refreshMadeAt: row.refresh_made_at,
  }
}
