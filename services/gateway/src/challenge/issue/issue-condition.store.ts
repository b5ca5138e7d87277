// Whether what is asked for may be issued at all: part of the issuing statement. A step-up wants a session that lives and
// an identifier of its user; a next factor wants a sign-in that waits for it, and an identifier of whoever signs in.

import { sql } from 'kysely'
import { WRONG_ANSWERS } from '../../factor/pending-sign-in.ts'

/** Of an input `a`: why nothing is issued for it; NULL: it may be. */
export const refusalOf = (tenantId: string) => sql`
  NULLIF(CASE WHEN a.resends IS NOT NULL AND ${isOver(tenantId)} THEN 'challenge_over'
              WHEN a.purpose = 'step_up' THEN ${ofSession(tenantId)}
              WHEN a.mfa_id IS NOT NULL THEN ${ofSignIn(tenantId)} END, 'none')`

const isOver = (tenantId: string) => sql`
  NOT EXISTS (SELECT FROM challenges c WHERE c.tenant_id = ${tenantId}::uuid AND c.id = a.resends AND c.kind = a.kind
                 AND coalesce(c.consumed_at, c.revoked_at) IS NULL)`

/** Whether the user has proven the identifier that is asked about. */
const isTheirs = (tenantId: string, user: string) => sql`
  EXISTS (SELECT FROM identifiers i WHERE i.tenant_id = ${tenantId}::uuid AND i.kind = a.identifier_kind
             AND i.identity_key = a.identity_key AND i.user_id = ${sql.ref(user)} AND i.verified_at IS NOT NULL)`

const ofSession = (tenantId: string) => sql`
  coalesce((SELECT CASE WHEN s.revoked_at IS NOT NULL OR least(s.idle_expires_at, s.expires_at) <= now() THEN 'session_ended'
                        WHEN NOT ${isTheirs(tenantId, 's.user_id')} THEN 'not_theirs' ELSE 'none' END
              FROM sessions s WHERE s.tenant_id = ${tenantId}::uuid AND s.id = a.session_id), 'unknown_session')`

// Whoever has no proven identifier of this kind may prove their first one: that is how a factor is enrolled.
const ofSignIn = (tenantId: string) => sql`
  coalesce((SELECT CASE WHEN p.consumed_at IS NOT NULL THEN 'sign_in_used'
                        WHEN p.failures > ${sql.lit(WRONG_ANSWERS)} THEN 'sign_in_exhausted'
                        WHEN p.expires_at <= now() THEN 'sign_in_expired'
                        WHEN (remaining_factors(p.tenant_id, p.user_id, p.amr))[1] IS DISTINCT FROM a.method
                        THEN 'other_factor'
                        WHEN ${isTheirs(tenantId, 'p.user_id')} OR NOT EXISTS (
                          SELECT FROM identifiers i WHERE i.tenant_id = ${tenantId}::uuid AND i.user_id = p.user_id
                             AND i.kind = a.identifier_kind AND i.verified_at IS NOT NULL) THEN 'none'
                        ELSE 'not_theirs' END
              FROM pending_sign_ins p
             WHERE p.tenant_id = ${tenantId}::uuid AND p.id = a.mfa_id
               AND (a.mfa_digest IS NULL OR p.digest = a.mfa_digest)), 'unknown_sign_in')`
