// A link or code as the next factor of a sign-in: parts of the statement that goes on with it. The challenge is judged and
// spent as any other, under its identifier's guard and the user's; what it proves has to be the identifier of whoever
// signs in, or their first one of its kind.

import type { FirstFactor } from '@postern/contracts/challenge'
import { type RawBuilder, sql } from 'kysely'
import { unsentDelivery } from '../challenge/cancelled-delivery.store.ts'
import type { RefusalReason } from '../challenge/challenge.ts'
import { TRIES_PER_CODE } from '../challenge/code-limits.ts'
import {
  offeredDigests,
  type Presented,
  spendEvents,
  spendParts,
} from '../challenge/spend-challenge.store.ts'
import type { UserOf } from './factor.ts'
import type { Spending } from './factor-guard.store.ts'

/** What an answer brings to the statement besides its spending. */
export interface Bringing {
  /** the CTE `input`'s further columns */
  presented: Presented
  /** why a proof is not taken: rows `user_id, reason` */
  refusals: RawBuilder<unknown>
  /** the user as the proof leaves them: a query of the columns of ProvenUser */
  holder: RawBuilder<unknown>
  /** rows for the outbox: `kind, subject, outcome, reason, data` */
  tells: RawBuilder<unknown>
}

const SENT_TO = { magic_link: 'email', otp_email: 'email', otp_sms: 'phone' }

/** Spends a challenge of the sign-in. Before its CTEs the statement has `pending` and `ask`, empty where nothing is tried. */
export function spendChallenge(
  user: UserOf,
  presented: Presented,
  method: FirstFactor,
): { spending: Spending; bringing: Bringing } {
  const { tenantId, userId } = user
  const isLink = presented.kind === 'magic_link'
  return {
    spending: {
      user,
      // A code to a mailbox is none to a phone, whatever the sign-in waits for by now.
      given: sql`EXISTS (SELECT FROM challenges WHERE tenant_id = ${tenantId}::uuid AND id = ${presented.challengeId}::uuid
        AND mfa_id = ${presented.mfaId}::uuid AND kind = ${presented.kind} AND identifier_kind = ${SENT_TO[method]})`,
      before: sql`${offeredDigests([{ input: presented, requestId: null, traceparent: null }])}, ${spendParts(tenantId, { mayClaim: true })}, ${boundParts(user)}`,
      spend: sql`SELECT user_id FROM bound`,
      missed: sql`EXISTS (SELECT FROM judged WHERE verdict = 'wrong_code')`,
      limits: isLink ? 'none' : 'digits',
      // Who holds a mailbox or a phone must not guess a TOTP for ever by proving those in between.
      calms: isLink
        ? sql`false`
        : sql`NOT EXISTS (SELECT FROM totp_factors WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid
            AND enabled_at IS NOT NULL)`,
    },
    bringing: {
      presented,
      refusals: sql`
        SELECT user_id, 'identifier_taken' FROM pending
         WHERE EXISTS (SELECT FROM proven) AND NOT EXISTS (SELECT FROM bound)`,
      holder: sql`
        SELECT id, email, email_verified_at, phone, phone_verified_at, is_active, created_at FROM learned
        UNION ALL
        SELECT id, email, email_verified_at, phone, phone_verified_at, is_active, created_at FROM users
         WHERE tenant_id = ${tenantId}::uuid AND id = ${userId}::uuid AND NOT EXISTS (SELECT FROM learned)`,
      tells: sql`
        SELECT 'challenge.verified', 'challenge:' || id, 'success', NULL,
               jsonb_build_object('purpose', purpose, 'user_id', ${userId}::text) FROM proven
        UNION ALL
        SELECT kind, subject, outcome, reason, data FROM (${spendEvents}) told_of_it
        UNION ALL
        SELECT 'factor.enabled', 'user:' || b.user_id, 'success', NULL,
               jsonb_build_object('method', p.method, 'replaced', false)
          FROM bound b, proven p WHERE b.known_since IS NULL`,
    },
  }
}

// An identifier that somebody else has proven stays theirs; one that nobody has proven goes to whoever does.
const boundParts = ({ tenantId, userId }: UserOf) => sql`
  bound AS (
    INSERT INTO identifiers AS i (tenant_id, kind, identity_key, user_id, verified_at)
    SELECT ${tenantId}::uuid, p.identifier_kind, p.identity_key, ${userId}::uuid, now() FROM proven p
     WHERE NOT EXISTS (SELECT FROM identifiers o WHERE o.tenant_id = ${tenantId}::uuid AND o.user_id = ${userId}::uuid
                          AND o.kind = p.identifier_kind AND o.identity_key <> p.identity_key AND o.verified_at IS NOT NULL)
        OR EXISTS (SELECT FROM identifiers o WHERE o.tenant_id = ${tenantId}::uuid AND o.user_id = ${userId}::uuid
                      AND o.kind = p.identifier_kind AND o.identity_key = p.identity_key AND o.verified_at IS NOT NULL)
    ON CONFLICT (tenant_id, kind, identity_key) DO UPDATE SET user_id = excluded.user_id,
       verified_at = coalesce(i.verified_at, now())
     WHERE i.user_id = excluded.user_id OR i.verified_at IS NULL
    RETURNING i.kind, i.identity_key, i.user_id, old.user_id AS former_user_id, old.verified_at AS known_since
  ), learned AS (
    UPDATE users u SET updated_at = now(),
           email = CASE WHEN b.kind = 'email' THEN p.address ELSE u.email END,
           email_verified_at = CASE WHEN b.kind = 'email' THEN now() ELSE u.email_verified_at END,
           phone = CASE WHEN b.kind = 'phone' THEN p.address ELSE u.phone END,
           phone_verified_at = CASE WHEN b.kind = 'phone' THEN now() ELSE u.phone_verified_at END
      FROM bound b, proven p
     WHERE u.tenant_id = ${tenantId}::uuid AND u.id = b.user_id
       AND CASE b.kind WHEN 'email' THEN u.email_verified_at ELSE u.phone_verified_at END IS NULL
    RETURNING u.id, u.email, u.email_verified_at, u.phone, u.phone_verified_at, u.is_active, u.created_at
  ), detached AS (
    DELETE FROM identifiers i USING bound b
     WHERE i.tenant_id = ${tenantId}::uuid AND i.user_id = b.user_id AND i.kind = b.kind
       AND i.identity_key <> b.identity_key AND i.verified_at IS NULL
  ), left_behind AS (
    UPDATE users u SET updated_at = now(),
           email = CASE WHEN b.kind = 'email' AND u.email_verified_at IS NULL THEN NULL ELSE u.email END,
           phone = CASE WHEN b.kind = 'phone' AND u.phone_verified_at IS NULL THEN NULL ELSE u.phone END
      FROM bound b
     WHERE u.tenant_id = ${tenantId}::uuid AND u.id = b.former_user_id AND b.former_user_id <> b.user_id
  )`

/** What the challenge's own judgement was; nulls where nothing was tried. */
export interface JudgedRow {
  verdict: RefusalReason | 'proven' | null
  code_left: number | null
  code_waits: boolean | null
  code_disabled: boolean | null
  code_wait_seconds: number | null
  unsent_delivery_id: string | null
}

/** What the statement's last SELECT tells of it. */
export const judgedColumns = (tenantId: string) => sql`
  (SELECT verdict FROM judged) AS verdict,
  (SELECT greatest(${sql.lit(TRIES_PER_CODE)} - tries, 0) FROM spent) AS code_left,
  (SELECT is_locked FROM lock) AS code_waits, (SELECT is_disabled FROM lock) AS code_disabled,
  (SELECT wait_seconds FROM lock) AS code_wait_seconds,
  (SELECT ${unsentDelivery(tenantId)} FROM spent) AS unsent_delivery_id`
export const notJudged = sql`
  NULL AS verdict, NULL AS code_left, NULL AS code_waits, NULL AS code_disabled, NULL AS code_wait_seconds,
  NULL AS unsent_delivery_id`
