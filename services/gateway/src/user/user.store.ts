// Reading users: by id, and by an address of theirs.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { UserFacts } from './user.ts'

export interface IdentityKey {
  kind: 'email' | 'phone'
  identityKey: string
}

/** The columns of a row of `users AS u`, or of a CTE `u` that has them. */
export const USER_COLUMNS = sql`
  u.id, u.email, u.email_verified_at, u.phone, u.phone_verified_at, u.is_active, u.created_at, u.metadata,
  (SELECT f.enabled_at FROM totp_factors f WHERE f.tenant_id = u.tenant_id AND f.user_id = u.id
      AND f.enabled_at IS NOT NULL) AS totp_enabled_at,
  (SELECT count(*) FROM recovery_codes r WHERE r.tenant_id = u.tenant_id AND r.user_id = u.id
      AND r.used_at IS NULL)::integer AS recovery_codes_left`

export async function findUser(run: TenantRun, tenantId: string, id: string): Promise<UserFacts | undefined> {
  const [row] = await run(sql<UserFacts>`
    SELECT ${USER_COLUMNS} FROM users u WHERE u.tenant_id = ${tenantId}::uuid AND u.id = ${id}::uuid`)
  return row
}

/** The user whose identifier it is, proven or not. */
export async function findUserOf(
  run: TenantRun,
  tenantId: string,
  { kind, identityKey }: IdentityKey,
): Promise<UserFacts | undefined> {
  const [row] = await run(sql<UserFacts>`
    SELECT ${USER_COLUMNS} FROM identifiers i JOIN users u ON u.tenant_id = i.tenant_id AND u.id = i.user_id
     WHERE i.tenant_id = ${tenantId}::uuid AND i.kind = ${kind} AND i.identity_key = ${identityKey}`)
  return row
}

/**
 * Locks the user's row until the transaction ends. Sessions that are being opened are waited for, so that the next
 * statement sees them; later ones wait, and are refused when the user is disabled or gone by then.
 * @returns false when there is no such user
 */
export async function lockUser(run: TenantRun, tenantId: string, id: string): Promise<boolean> {
  const rows = await run(sql`
    SELECT id FROM users WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR UPDATE`)
  return rows.length > 0
}
