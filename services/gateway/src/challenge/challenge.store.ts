// Reading and revoking challenges, whatever their kind.

import type { ChallengeKind, DeliveryStatus, Purpose } from '@postern/contracts/challenge'
import { deliveryLock } from '@postern/db/delivery-lock'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { cancelEvents, cancelledDeliveries } from './cancelled-delivery.store.ts'
import type { ChallengeMarks } from './challenge.ts'
import type { Identifier } from './identifier.ts'

export interface ChallengeView extends ChallengeMarks {
  id: string
  purpose: Purpose
  expiresAt: Date
  delivery: { id: string; status: DeliveryStatus }
}

interface Row {
  id: string
  purpose: Purpose
  expires_at: Date
  consumed_at: Date | null
  superseded: boolean
  revoked: boolean
  expired: boolean
  delivery_id: string
  delivery_status: DeliveryStatus
}

const view = (row: Row): ChallengeView => ({
  id: row.id,
  purpose: row.purpose,
  expiresAt: row.expires_at,
  consumedAt: row.consumed_at,
  superseded: row.superseded,
  revoked: row.revoked,
  expired: row.expired,
  delivery: { id: row.delivery_id, status: row.delivery_status },
})

/** One challenge of a tenant. Who asks for a link is never told of a code. */
export interface ChallengeRef {
  tenantId: string
  kind: ChallengeKind
  id: string
}

/** The challenge with the state of its delivery. */
export async function findChallenge(
  run: TenantRun,
  { tenantId, kind, id }: ChallengeRef,
): Promise<ChallengeView | undefined> {
  const [row] = await run(sql<Row>`
    SELECT c.id, c.purpose, c.expires_at, c.consumed_at, c.superseded_at IS NOT NULL AS superseded,
           c.revoked_at IS NOT NULL AS revoked, c.expires_at <= now() AS expired,
           d.id AS delivery_id, d.status AS delivery_status
      FROM challenges c JOIN deliveries d ON d.tenant_id = c.tenant_id AND d.id = c.delivery_id
     WHERE c.tenant_id = ${tenantId}::uuid AND c.id = ${id}::uuid AND c.kind = ${kind}`)
  return row && view(row)
}

/** Revokes a live challenge and cancels what was not sent of its delivery. What is over already stays as it is. */
export async function revokeChallenge(run: TenantRun, { tenantId, kind, id }: ChallengeRef): Promise<void> {
  const [known] = await run(sql<{ delivery_id: string }>`
    SELECT delivery_id FROM challenges
     WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND kind = ${kind}`)
  if (known === undefined) return
  const revoking = sql`
    WITH over AS (
      UPDATE challenges SET revoked_at = now()
       WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND kind = ${kind}
         AND consumed_at IS NULL AND superseded_at IS NULL AND revoked_at IS NULL AND expires_at > now()
      RETURNING id, delivery_id
    ), ${cancelledDeliveries(tenantId)}
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason)
    SELECT ${tenantId}::uuid, kind, subject, outcome, reason FROM (
      SELECT 'challenge.revoked' AS kind, 'challenge:' || id AS subject, 'success' AS outcome, NULL::text AS reason FROM over
      UNION ALL ${cancelEvents('challenge_revoked')}
    ) events`
  await run(revoking, deliveryLock(known.delivery_id))
}

/** A code as it was issued, for another one like it. */
export interface Resendable {
  id: string
  purpose: Purpose
  identifier: Identifier
  locale: string | null
  metadata: Record<string, string>
  decoy: boolean
  sessionId: string | null
  mfaId: string | null
}

/** The code, whatever became of it. */
export async function findResendable(
  run: TenantRun,
  tenantId: string,
  id: string,
): Promise<Resendable | undefined> {
  const [row] = await run(sql<Omit<Resendable, 'identifier'> & Identifier>`
    SELECT c.id, c.purpose, c.identifier_kind AS kind, c.address, c.identity_key AS "identityKey",
           c.limit_key AS "limitKey", d.locale, c.metadata, c.decoy, c.session_id AS "sessionId", c.mfa_id AS "mfaId"
      FROM challenges c JOIN deliveries d ON d.tenant_id = c.tenant_id AND d.id = c.delivery_id
     WHERE c.tenant_id = ${tenantId}::uuid AND c.id = ${id}::uuid AND c.kind = 'otp'`)
  if (row === undefined) return undefined
  const { kind, address, identityKey, limitKey, ...rest } = row
  return { ...rest, identifier: { kind, address, identityKey, limitKey } }
}
