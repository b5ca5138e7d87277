// Recovery codes as rows: digests, each used once. A new set takes the place of the old one in the statement that was
// proven for it.

import type { VersionedDigest } from '@postern/token/digest'
import { sql } from 'kysely'
import type { UserOf } from './factor.ts'
import type { Effect, Spending } from './factor-guard.store.ts'

/** Spends the user's recovery code of one of the digests (one a live key); of none: the answer is wrong. */
export function spendRecoveryCode(
  { tenantId, userId }: UserOf,
  digests: readonly VersionedDigest[],
): Spending {
  return {
    user: { tenantId, userId },
    given: sql`EXISTS (SELECT FROM totp_factors WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid
    AND enabled_at IS NOT NULL)`,
    spend: sql`
    UPDATE recovery_codes SET used_at = now()
     WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid AND used_at IS NULL AND EXISTS (SELECT FROM trying)
       AND (digest, key_version) IN (
         SELECT * FROM unnest(${digests.map(({ digest }) => digest)}::bytea[],
                              ${digests.map(({ version }) => version)}::smallint[]))
    RETURNING user_id`,
    limits: 'long',
    calms: sql`true`,
  }
}

export type NewRecoveryCodes = readonly { digest: Buffer; keyVersion: number }[]

/** The old set goes, the new one comes, where `met` says so. */
export const recoveryCodesWritten = ({ tenantId, userId }: UserOf, codes: NewRecoveryCodes): Effect => ({
  does: sql`
    wiped AS (
      DELETE FROM recovery_codes
       WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid AND EXISTS (SELECT FROM met)
    ), written AS (
      INSERT INTO recovery_codes (tenant_id, user_id, digest, key_version)
      SELECT ${tenantId}::uuid, met.user_id, c.digest, c.version
        FROM met, unnest(${codes.map(({ digest }) => digest)}::bytea[],
                           ${codes.map(({ keyVersion }) => keyVersion)}::smallint[]) AS c (digest, version)
      RETURNING user_id
    )`,
  tells: sql`
    SELECT 'recovery_codes.created', 'user:' || user_id, 'success', NULL::text, jsonb_build_object('count', count(*))
      FROM written GROUP BY user_id`,
})
