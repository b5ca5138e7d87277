// A pre-registered user: the addresses are reserved, and proven by nobody yet.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { Identifier } from '../challenge/identifier.ts'
import { USER_COLUMNS } from './user.store.ts'
import type { UserFacts } from './user.ts'

export interface NewUser {
  tenantId: string
  id: string
  addresses: readonly Identifier[]
  metadata: Record<string, string>
}

/** Whether an insert failed because an address is another user's. */
export const isTaken = (error: unknown): boolean =>
  (error as { constraint?: string }).constraint === 'identifiers_pkey'

/** Makes the user with all addresses, or fails: see `isTaken`. */
export async function insertUser(run: TenantRun, user: NewUser): Promise<UserFacts> {
  const addressOf = (kind: string) => user.addresses.find((address) => address.kind === kind)?.address ?? null
  const [row] = await run(sql<UserFacts>`
    WITH u AS (
      INSERT INTO users (tenant_id, id, email, phone, metadata)
      VALUES (${user.tenantId}::uuid, ${user.id}::uuid, ${addressOf('email')}, ${addressOf('phone')},
        ${JSON.stringify(user.metadata)}::jsonb)
      RETURNING tenant_id, id, email, email_verified_at, phone, phone_verified_at, is_active, created_at, metadata
    ), reserved AS (
      INSERT INTO identifiers (tenant_id, kind, identity_key, user_id)
      SELECT u.tenant_id, a.kind, a.identity_key, u.id
        FROM u, unnest(${user.addresses.map(({ kind }) => kind)}::text[],
          ${user.addresses.map(({ identityKey }) => identityKey)}::text[]) AS a (kind, identity_key)
       ORDER BY a.kind
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome)
      SELECT tenant_id, 'user.created', 'user:' || id, 'success' FROM u
    )
    SELECT ${USER_COLUMNS} FROM u`)
  if (row === undefined) throw new Error('an insert answered no row')
  return row
}
