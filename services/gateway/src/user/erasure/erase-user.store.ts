// Erasing a user. What hangs on the user's row (identifiers, sessions with their tokens, factors, sign-ins that wait)
// goes with it; what was issued to the addresses goes too, and what was not sent is called off.

import { deliveryLock } from '@postern/db/delivery-lock'
import type { TenantRun } from '@postern/db/with-tenant'
import { type RawBuilder, sql } from 'kysely'
import { cancelEvents, cancelledDeliveries } from '../../challenge/cancelled-delivery.store.ts'
import type { IdentityKey } from '../user.store.ts'

export interface Erasure {
  tenantId: string
  userId: string
  /** of the user, as `lockIdentifiers` found them */
  identifiers: readonly IdentityKey[]
  /** keyed: what the tenant's own messages to them are found by */
  recipients: readonly Buffer[]
}

/** The user's addresses, as they are before anything is locked. */
export const findIdentifiers = (run: TenantRun, tenantId: string, userId: string): Promise<IdentityKey[]> =>
  run(sql<IdentityKey>`
    SELECT kind, identity_key AS "identityKey" FROM identifiers
     WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid`)

/** Keeps workers from what is on its way to the user. Before all other locks: who holds a delivery may wait for them. */
export async function lockDeliveries(
  run: TenantRun,
  { tenantId, userId, recipients }: Omit<Erasure, 'identifiers'>,
): Promise<void> {
  const found = await run(sql<{ id: string }>`
    SELECT c.delivery_id AS id FROM identifiers i
      JOIN challenges c ON c.tenant_id = i.tenant_id AND c.identifier_kind = i.kind AND c.identity_key = i.identity_key
     WHERE i.tenant_id = ${tenantId}::uuid AND i.user_id = ${userId}::uuid AND c.expires_at > now()
    UNION ALL
    SELECT d.id FROM (${ownMessages(tenantId, recipients)}) d`)
  const locks = found.map(({ id }) => deliveryLock(id)).sort()
  await run(
    sql`SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(${locks}::text[]) AS name`,
  )
}

/** The tenant's own messages to these recipients that hold something. */
const ownMessages = (tenantId: string, recipients: readonly Buffer[]) => sql`
  SELECT m.id FROM deliveries m
   WHERE m.tenant_id = ${tenantId}::uuid AND m.challenge_id IS NULL AND m.payload IS NOT NULL
     AND substring(m.recipient_digest FROM 1 FOR 32) = ANY (${recipients}::bytea[])`

/**
 * Locks what a sign-in of the user would spend, then the user's addresses, in the order in which a verification takes
 * them: one that is under way ends first, a later one waits and finds nothing.
 */
export async function lockIdentifiers(
  run: TenantRun,
  tenantId: string,
  userId: string,
): Promise<IdentityKey[]> {
  await run(sql`
    SELECT id FROM pending_sign_ins WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid
     ORDER BY id FOR UPDATE`)
  await run(sql`
    SELECT c.id FROM challenges c JOIN identifiers i
        ON i.tenant_id = c.tenant_id AND i.kind = c.identifier_kind AND i.identity_key = c.identity_key
     WHERE c.tenant_id = ${tenantId}::uuid AND i.user_id = ${userId}::uuid ORDER BY c.id FOR UPDATE OF c`)
  return run(sql<IdentityKey>`
    SELECT kind, identity_key AS "identityKey" FROM identifiers
     WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid ORDER BY kind, identity_key FOR UPDATE`)
}

/** Erases the user, whose rows are locked. False when there is no such user. */
export async function eraseUser(run: TenantRun, erasure: Erasure): Promise<boolean> {
  const rows = await run(statement(erasure))
  return rows.length > 0
}

const statement = (erasure: Erasure): RawBuilder<{ id: string }> => sql<{ id: string }>`
  WITH live AS MATERIALIZED (
    SELECT id FROM sessions WHERE tenant_id = ${erasure.tenantId}::uuid AND user_id = ${erasure.userId}::uuid
       AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > now()
  ), erased AS (
    DELETE FROM users WHERE tenant_id = ${erasure.tenantId}::uuid AND id = ${erasure.userId}::uuid RETURNING id
  ), known AS (
    INSERT INTO revocations (tenant_id, kind, subject_id) SELECT ${erasure.tenantId}::uuid, 'user', id FROM erased
  ), ${issued(erasure)}, ${told(erasure)}
  SELECT id FROM erased`

const issued = ({ tenantId, identifiers, recipients }: Erasure) => sql`
  named AS (
    SELECT kind, identity_key FROM unnest(${identifiers.map(({ kind }) => kind)}::text[],
      ${identifiers.map(({ identityKey }) => identityKey)}::text[]) AS i (kind, identity_key), erased
  ), ended AS (
    DELETE FROM challenges c USING named n
     WHERE c.tenant_id = ${tenantId}::uuid AND c.identifier_kind = n.kind AND c.identity_key = n.identity_key
    RETURNING c.id, c.delivery_id,
              c.consumed_at IS NULL AND c.superseded_at IS NULL AND c.revoked_at IS NULL AND c.expires_at > now() AS was_live
  ), over AS (
    SELECT delivery_id FROM ended UNION ALL
    SELECT o.id FROM (${ownMessages(tenantId, recipients)}) o, erased
  ), ${cancelledDeliveries(tenantId)}`

const told = ({ tenantId, userId }: Erasure) => sql`
  told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
    SELECT ${tenantId}::uuid, 'user.erased', 'user:' || id, 'success', NULL,
           jsonb_build_object('sessions', (SELECT count(*) FROM live)) FROM erased
    UNION ALL
    SELECT ${tenantId}::uuid, 'session.revoked', 'session:' || live.id, 'success', 'user_erased',
           jsonb_build_object('user_id', ${userId}::text) FROM live, erased
    UNION ALL
    SELECT ${tenantId}::uuid, 'challenge.revoked', 'challenge:' || id, 'success', 'user_erased', '{}' FROM ended WHERE was_live
    UNION ALL
    SELECT ${tenantId}::uuid, kind, subject, outcome, reason, '{}' FROM (${cancelEvents('user_erased')}) called_off
  )`
