// Spending a refresh token is one guarded statement: it judges the token, rotates it or ends its session, and tells it.
// A crash leaves all of it or nothing.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { type RawBuilder, sql } from 'kysely'
import { raisedSince } from '../raise-session.store.ts'
import type { SessionKind } from '../session.ts'
import { GRACE_SECONDS, type RefreshRefusal } from './rotation.ts'

export interface PresentedToken {
  tenantId: string
  sessionId: string
  /** a session of another kind is refused */
  kind: SessionKind
  digest: Buffer
  /** what takes its place, if it may */
  successor: { digest: Buffer; keyVersion: number }
}

export interface RefreshedRow {
  userId: string
  amr: FactorMethod[]
  acr: string
  /** the earlier of idle and absolute end */
  refreshExpiresAt: Date
  /** with which key the successor was derived */
  keyVersion: number
}

export type Spent =
  | { kind: 'rotated' | 'repeated'; session: RefreshedRow }
  | { kind: 'refused'; reason: RefreshRefusal }
  | { kind: 'unknown' }

interface Row {
  verdict: 'rotated' | 'repeated' | RefreshRefusal
  user_id: string
  amr: FactorMethod[]
  acr: string
  ends_at: Date
  key_version: number
}

/** Judges the token; rotates it, answers what it was rotated to, or says why not. What is reused ends its session. */
export async function spendRefreshToken(run: TenantRun, token: PresentedToken): Promise<Spent> {
  const [row] = await run(statement(token))
  if (row === undefined) return { kind: 'unknown' }
  const { verdict, user_id: userId, amr, acr, ends_at: refreshExpiresAt, key_version: keyVersion } = row
  if (verdict !== 'rotated' && verdict !== 'repeated') return { kind: 'refused', reason: verdict }
  return { kind: verdict, session: { userId, amr, acr, refreshExpiresAt, keyVersion } }
}

const statement = (token: PresentedToken): RawBuilder<Row> => sql<Row>`
  WITH ${judged(token)}, ${rotated(token)}, ${ended(token)}, ${told(token)}
  SELECT j.verdict, j.user_id, j.amr, j.acr,
         least(coalesce(renewed.idle_expires_at, j.idle_expires_at), j.expires_at) AS ends_at,
         coalesce(j.key_version, ${token.successor.keyVersion}::smallint) AS key_version,
         -- Somebody else changed token or session since this statement began to look: all of it is undone and tried again.
         CASE WHEN j.verdict = 'rotated' AND NOT EXISTS (SELECT FROM spent) THEN stale_snapshot() END AS again
    FROM judged j LEFT JOIN renewed ON true`

// The newest two are nearly always asked for. Only what is neither is looked for among all that the session ever had.
const judged = ({ tenantId, sessionId, kind, digest }: PresentedToken) => sql`
  newest AS MATERIALIZED (
    SELECT generation, digest, used_at, key_version FROM refresh_tokens
     WHERE tenant_id = ${tenantId}::uuid AND session_id = ${sessionId}::uuid ORDER BY generation DESC LIMIT 2
  ), presented AS (
    SELECT generation, used_at, key_version FROM newest WHERE digest = ${digest}::bytea
    UNION ALL
    SELECT generation, used_at, key_version FROM refresh_tokens
     WHERE tenant_id = ${tenantId}::uuid AND session_id = ${sessionId}::uuid AND digest = ${digest}::bytea
       AND NOT EXISTS (SELECT FROM newest WHERE digest = ${digest}::bytea)
  ), judged AS MATERIALIZED (
    SELECT p.generation, p.key_version, s.user_id, s.amr, s.acr, s.idle_expires_at, s.expires_at,
           t.session_idle_seconds,
           CASE WHEN s.kind <> ${kind} THEN 'other_kind'
                WHEN s.revoked_at IS NOT NULL THEN 'revoked'
                WHEN NOT (u.is_active AND t.is_active) THEN 'account_disabled'
                WHEN least(s.idle_expires_at, s.expires_at) <= now() THEN 'expired'
                WHEN p.used_at IS NULL THEN 'rotated'
                WHEN p.used_at <= now() - make_interval(secs => ${GRACE_SECONDS}::integer) THEN 'reused'
                WHEN ${raisedSince({ tenantId, sessionId, generation: sql`p.generation` })} THEN 'raised'
                ELSE 'repeated' END AS verdict
      FROM presented p
      JOIN sessions s ON s.tenant_id = ${tenantId}::uuid AND s.id = ${sessionId}::uuid
      JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
      JOIN tenants t ON t.id = s.tenant_id
  )`

// The session's row first, then its token's: whoever changes both does it in this order.
const rotated = ({ tenantId, sessionId, successor }: PresentedToken) => sql`
  renewed AS (
    UPDATE sessions s SET last_used_at = now(),
           idle_expires_at = now() + make_interval(secs => j.session_idle_seconds)
      FROM judged j
     WHERE j.verdict = 'rotated' AND s.tenant_id = ${tenantId}::uuid AND s.id = ${sessionId}::uuid
       AND s.revoked_at IS NULL
    RETURNING s.idle_expires_at
  ), spent AS (
    UPDATE refresh_tokens r SET used_at = now(), key_version = ${successor.keyVersion}::smallint
      FROM judged j, renewed
     WHERE r.tenant_id = ${tenantId}::uuid AND r.session_id = ${sessionId}::uuid AND r.generation = j.generation
       AND r.used_at IS NULL
    RETURNING r.generation
  ), succeeding AS (
    INSERT INTO refresh_tokens (tenant_id, session_id, generation, digest)
    SELECT ${tenantId}::uuid, ${sessionId}::uuid, generation + 1, ${successor.digest}::bytea FROM spent
  )`

const ended = ({ tenantId, sessionId }: PresentedToken) => sql`
  ended AS (
    UPDATE sessions s SET revoked_at = now() FROM judged j
     WHERE j.verdict = 'reused' AND s.tenant_id = ${tenantId}::uuid AND s.id = ${sessionId}::uuid
       AND s.revoked_at IS NULL
    RETURNING s.id, s.user_id, j.generation
  ), known AS (
    INSERT INTO revocations (tenant_id, kind, subject_id) SELECT ${tenantId}::uuid, 'session', id FROM ended
  )`

const told = ({ tenantId, sessionId }: PresentedToken) => sql`
  told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
    SELECT ${tenantId}::uuid, 'session.refreshed', 'session:' || ${sessionId}::text, 'success', NULL::text,
           jsonb_build_object('generation', generation + 1) FROM spent
    UNION ALL
    SELECT ${tenantId}::uuid, 'session.refresh_reused', 'session:' || id, 'refused', 'reused',
           jsonb_build_object('generation', generation, 'user_id', user_id) FROM ended
  )`
