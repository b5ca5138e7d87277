// A browser's session by the secret of its cookie. It reads only.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { raisedSince } from '../../session/raise-session.store.ts'
import { GRACE_SECONDS } from '../../session/refresh/rotation.ts'
import type { ProvenUser } from '../../user/proven-user.ts'

export interface LiveBrowserSession {
  id: string
  amr: FactorMethod[]
  acr: string
  createdAt: Date
  /** the earlier of idle and absolute end */
  endsAt: Date
  /** how long the cookie is still good: until the session's end or, where it was replaced, its grace's */
  goodForMs: number
  user: ProvenUser
}

interface Row extends ProvenUser {
  session_id: string
  amr: FactorMethod[]
  acr: string
  opened_at: Date
  ends_at: Date
  good_for_ms: number
}

/** The live session whose cookie this is: the current one, or one within its grace that is not from before a step-up. */
export async function findBrowserSession(
  run: TenantRun,
  tenantId: string,
  { sessionId, digest }: { sessionId: string; digest: Buffer },
): Promise<LiveBrowserSession | undefined> {
  const [row] = await run(sql<Row>`
    SELECT s.id AS session_id, s.amr, s.acr, s.created_at AS opened_at, e.ends_at,
           (extract(epoch FROM least(e.ends_at, e.grace_ends_at) - now()) * 1000)::double precision AS good_for_ms,
           u.id, u.email, u.email_verified_at, u.phone, u.phone_verified_at, u.is_active, u.created_at
      FROM refresh_tokens r
      JOIN sessions s ON s.tenant_id = r.tenant_id AND s.id = r.session_id
      JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id AND u.is_active,
           LATERAL (SELECT least(s.idle_expires_at, s.expires_at) AS ends_at,
                           r.used_at + make_interval(secs => ${GRACE_SECONDS}::integer) AS grace_ends_at) e
     WHERE r.tenant_id = ${tenantId}::uuid AND r.session_id = ${sessionId}::uuid
       AND r.digest = ${digest}::bytea AND s.kind = 'browser' AND s.revoked_at IS NULL
       AND least(e.ends_at, e.grace_ends_at) > now()
       AND (r.used_at IS NULL OR NOT ${raisedSince({ tenantId, sessionId, generation: sql`r.generation` })})`)
  if (row === undefined) return undefined
  const { session_id: id, amr, acr, opened_at, ends_at, good_for_ms, ...user } = row
  return { id, amr, acr, createdAt: opened_at, endsAt: ends_at, goodForMs: good_for_ms, user }
}
