// What Postgres holds, as its superuser sees it. Times are milliseconds since 1970.

import type pg from 'pg'
import type { AttemptRow, ChallengeRow, DeliveryRow, SessionRow, TrailEvent } from './evidence.ts'

const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`

async function read<Row extends pg.QueryResultRow>(admin: pg.Pool, text: string): Promise<Row[]> {
  return (await admin.query<Row>(text)).rows
}

export const readChallenges = (admin: pg.Pool): Promise<ChallengeRow[]> =>
  read(
    admin,
    `SELECT tenant_id AS tenant, id, identity_key AS "identityKey", ${ms('created_at')} AS "createdAt",
            ${ms('expires_at')} AS "expiresAt", ${ms('consumed_at')} AS "consumedAt",
            ${ms('superseded_at')} AS "supersededAt", ${ms('revoked_at')} AS "revokedAt"
       FROM challenges`,
  )

export const readDeliveries = (admin: pg.Pool): Promise<DeliveryRow[]> =>
  read(
    admin,
    `SELECT tenant_id AS tenant, id, challenge_id AS "challengeId", status, drive,
            ${ms('expires_at')} AS "expiresAt", ${ms('updated_at')} AS "updatedAt"
       FROM deliveries`,
  )

export const readAttempts = (admin: pg.Pool): Promise<AttemptRow[]> =>
  read(
    admin,
    `SELECT delivery_id AS "deliveryId", number, outcome, error_code AS "errorCode", ${ms('started_at')} AS "startedAt"
       FROM attempts`,
  )

export const readSessions = (admin: pg.Pool): Promise<SessionRow[]> =>
  read(admin, `SELECT tenant_id AS tenant, id, challenge_id AS "challengeId" FROM sessions`)

/** In the order in which they were told. */
export const readEvents = (admin: pg.Pool): Promise<TrailEvent[]> =>
  read(
    admin,
    `SELECT id, tenant_id AS tenant, kind, subject, reason, ${ms('occurred_at')} AS at FROM audit_events ORDER BY id`,
  )
