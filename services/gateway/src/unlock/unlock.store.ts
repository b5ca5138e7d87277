// What the operator sets right for somebody who is locked out. Nothing to set right changes nothing and tells nothing.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { factorLock } from '../factor/factor-guard.store.ts'

export interface LockedIdentifier {
  tenantId: string
  limitKey: string
  /** as the trail names the identifier */
  identifierDigest: string
}

/** Forgets the wrong codes of an identifier and answers how many; undefined when there is no such tenant. */
export async function calmIdentifier(run: TenantRun, locked: LockedIdentifier): Promise<number | undefined> {
  const [row] = await run(sql<{ failures: number }>`
    WITH calmed AS (
      UPDATE identifier_guards SET failures = 0, wait_until = NULL, disabled_at = NULL
       WHERE tenant_id = ${locked.tenantId}::uuid AND limit_key = ${locked.limitKey}
         AND (failures > 0 OR wait_until IS NOT NULL OR disabled_at IS NOT NULL)
      RETURNING old.failures
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, reason)
      SELECT ${locked.tenantId}::uuid, 'identifier.unlocked', 'identifier:' || ${locked.identifierDigest}, 'success', 'operator'
        FROM calmed
    )
    SELECT coalesce((SELECT failures FROM calmed), 0) AS failures FROM tenants WHERE id = ${locked.tenantId}::uuid`)
  return row?.failures
}

export interface RemovedFactors {
  totp: boolean
  recoveryCodes: number
  /** wrong answers that were forgotten */
  failures: number
}

/** Removes a user's TOTP and recovery codes, and forgets wrong answers; undefined when there is no such user. */
export async function removeFactors(
  run: TenantRun,
  tenantId: string,
  userId: string,
): Promise<RemovedFactors | undefined> {
  const theirs = sql`tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid`
  const [row] = await run(
    sql<RemovedFactors>`
    WITH totp AS (
      DELETE FROM totp_factors WHERE ${theirs} RETURNING enabled_at
    ), codes AS (
      DELETE FROM recovery_codes WHERE ${theirs} RETURNING digest
    ), guards AS (
      DELETE FROM factor_guards WHERE ${theirs} RETURNING failures
    ), removed AS (
      SELECT EXISTS (SELECT FROM totp WHERE enabled_at IS NOT NULL) AS totp,
             (SELECT count(*) FROM codes)::integer AS codes, coalesce((SELECT failures FROM guards), 0) AS failures
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
      SELECT ${tenantId}::uuid, 'factor.disabled', 'user:' || ${userId}::text, 'success', 'operator',
             jsonb_build_object('method', 'totp', 'recovery_codes', codes, 'failures', failures)
        FROM removed WHERE totp OR codes > 0 OR failures > 0
    )
    SELECT r.totp, r.codes AS "recoveryCodes", r.failures
      FROM users u, removed r WHERE u.tenant_id = ${tenantId}::uuid AND u.id = ${userId}::uuid`,
    factorLock({ tenantId, userId }),
  )
  return row
}
