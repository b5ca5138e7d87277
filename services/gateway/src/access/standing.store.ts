// Reads how sessions stand: session, user and tenant in one look, by the database's clock, over one session or many.

import type { FactorMethod } from '@postern/contracts/challenge'
import { inputRows, type SetStatement } from '@postern/db/set-statement'
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

type NoSession = { [column in keyof Row]: null }

/** Undefined when there is no such session. */
export async function findStanding(run: TenantRun, asked: AskedSession): Promise<Standing | undefined> {
  const row = await run.each(STANDING, asked)
  if (row.user_id === null) return undefined
  return {
    tenantId: asked.tenantId,
    sessionId: asked.sessionId,
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

const ASKED = inputRows<AskedSession>('ask', {
  session_id: ['uuid', ({ sessionId }) => sessionId],
  refresh_digest: ['bytea', ({ refreshDigest }) => refreshDigest],
})

const STANDING: SetStatement<AskedSession, Row | NoSession> = {
  tenantOf: ({ tenantId }) => tenantId,
  // Nothing is changed, so nobody has to wait for another.
  keys: () => [],
  locks: false,
  build: (tenantId) => sql<(Row | NoSession) & { n: number }>`
    SELECT ask.n, found.*
      FROM ${ASKED}
      LEFT JOIN LATERAL (
        SELECT s.user_id, t.audience, s.kind, s.amr, s.acr, u.email_verified_at, e.ends_at,
               CASE WHEN s.revoked_at IS NOT NULL THEN 'revoked'
                    WHEN NOT (u.is_active AND t.is_active) THEN 'account_disabled'
                    WHEN e.ends_at <= now() THEN 'expired'
                    ELSE 'live' END AS state,
               (extract(epoch FROM e.ends_at - now()) * 1000)::double precision AS ends_in_ms,
               (SELECT r.created_at FROM refresh_tokens r
                 WHERE r.tenant_id = s.tenant_id AND r.session_id = s.id AND r.digest = ask.refresh_digest
                   AND r.used_at IS NULL) AS refresh_made_at
          FROM sessions s
          JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
          JOIN tenants t ON t.id = s.tenant_id
         CROSS JOIN LATERAL (SELECT least(s.idle_expires_at, s.expires_at) AS ends_at) e
         WHERE s.tenant_id = ${tenantId}::uuid AND s.id = ask.session_id
      ) found ON true`,
}
