// Rows as the gateway writes them, on a real Postgres, and what became of them.

import { createSecretKey, randomBytes } from 'node:crypto'
import type { NotifierDatabase } from '@postern/db/databases/notifier.database'
import { type Database, openDatabase } from '@postern/db/pool'
import { alone, type TenantRun } from '@postern/db/with-tenant'
import { type TestScope, testDatabase } from '@postern/testkit/postgres'
import { createKeyRing, type KeyRing } from '@postern/token/key-ring'
import pg from 'pg'
import { v7 as uuid } from 'uuid'
import { type ChannelName, type PayloadInput, payloadOf, sealedPayload, whole } from './payload-fixture.ts'

export type TestDatabase = Awaited<ReturnType<typeof testDatabase>>
export type Steps = NonNullable<NonNullable<Parameters<typeof testDatabase>[1]>['steps']>

export interface Fixture {
  readonly urls: TestDatabase
  readonly admin: pg.Pool
  readonly database: Database<NotifierDatabase>
  readonly sealRing: KeyRing
  run(tenantId: string): TenantRun
}

export const newSealRing = (): KeyRing =>
  createKeyRing('seal', [{ version: 1, key: createSecretKey(randomBytes(32)) }])

/** A migrated database that ends with the test, seen as its superuser and as the notifier. */
export async function fixture(
  t: TestScope,
  options: { steps?: Steps; sealRing?: KeyRing } = {},
): Promise<Fixture> {
  const urls = await testDatabase(t, options.steps === undefined ? {} : { steps: options.steps })
  const admin = new pg.Pool({ connectionString: urls.adminUrl, max: 4 })
  admin.on('error', () => undefined)
  const database = openDatabase<NotifierDatabase>({
    url: urls.notifierUrl,
    max: 10,
    // What is raced here is who wins, not who is turned away for want of a connection.
    waitMs: 60_000,
    applicationName: 'test',
  })
  t.teardown(async () => {
    await database.close()
    await admin.end()
  })
  const run = (tenantId: string) =>
    alone(database, { tenantId, actor: 'service:notifier', requestId: null, traceparent: null })
  return { urls, admin, database, sealRing: options.sealRing ?? newSealRing(), run }
}

export type ChallengeState = 'none' | 'live' | 'consumed' | 'superseded' | 'revoked' | 'expired' | 'missing'

export interface DeliveryInput extends PayloadInput {
  readonly status?: string
  readonly challenge?: ChallengeState
  readonly decoy?: boolean
  readonly locale?: string
  /** Its own unless told. */
  readonly tenantId?: string
  /** By which version it is written, where that is decided. */
  readonly templateLocale?: string
  readonly templateVersion?: number
  /** Seconds from now. */
  readonly sendIn?: number
  readonly expiresIn?: number
  readonly dueIn?: number | null
  readonly leaseIn?: number | null
  readonly fence?: number
  readonly poisoned?: number
  readonly traceparent?: string
  readonly payload?: object | Buffer | null
}

export interface Ids {
  readonly tenantId: string
  readonly deliveryId: string
  readonly challengeId: string
  readonly channel: ChannelName
  readonly to: string
}

/** Writes a delivery and its challenge, sealed exactly as the gateway seals. */
export async function givenDelivery({ admin, sealRing }: Fixture, input: DeliveryInput = {}): Promise<Ids> {
  const { challenge = 'live' } = input
  const { channel, template, to } = whole(input)
  const ids = { tenantId: input.tenantId ?? uuid(), deliveryId: uuid(), challengeId: uuid(), channel, to }
  if (challenge !== 'none' && challenge !== 'missing') await insertChallenge(admin, ids, challenge)
  const { version, box } = sealedPayload(
    sealRing,
    ids,
    input.payload === undefined ? payloadOf({ ...input, to }) : input.payload,
  )
  await admin.query(
    `INSERT INTO deliveries (tenant_id, id, challenge_id, channel, template, locale, status, decoy, payload,
       payload_version, send_at, expires_at, due_at, lease_until, fence, poisoned, traceparent,
       template_locale, template_version)
     VALUES ($1, $2, $3, $17, $4, $5, $6, $7, $8, $9, now() + $10 * interval '1 s', now() + $11 * interval '1 s',
       now() + $12 * interval '1 s', now() + $13 * interval '1 s', $14, $15, $16, $18, $19)`,
    [
      ids.tenantId,
      ids.deliveryId,
      challenge === 'none' ? null : ids.challengeId,
      template,
      input.locale ?? null,
      input.status ?? 'queued',
      input.decoy ?? false,
      box,
      version,
      input.sendIn ?? 0,
      input.expiresIn ?? 600,
      input.dueIn === undefined ? 10 : input.dueIn,
      input.leaseIn ?? null,
      input.fence ?? 0,
      input.poisoned ?? 0,
      input.traceparent ?? null,
      channel,
      input.templateLocale ?? null,
      input.templateVersion ?? null,
    ],
  )
  return ids
}

async function insertChallenge(admin: pg.Pool, ids: Ids, state: ChallengeState): Promise<void> {
  const when = (wanted: ChallengeState) => (state === wanted ? new Date(Date.now() - 1_000) : null)
  await admin.query(
    `INSERT INTO challenges (tenant_id, id, kind, purpose, identifier_kind, identity_key, address, digest, key_version,
       redirect_url, delivery_id, limit_key, identifier_digest, decoy, metadata, due_at, expires_at, consumed_at,
       superseded_at, revoked_at)
     VALUES ($1, $2, $9, 'sign_in', $10, $11, $11, $3, 1, $12, $8, $11, 'digest', false,
       '{}', now(), now() + $4 * interval '1 s', $5, $6, $7)`,
    [
      ids.tenantId,
      ids.challengeId,
      randomBytes(32),
      state === 'expired' ? -1 : 600,
      when('consumed'),
      when('superseded'),
      when('revoked'),
      ids.deliveryId,
      ...(ids.channel === 'email' ? ['magic_link', 'email'] : ['otp', 'phone']),
      // Not whom this delivery is for: what holds that is searched for.
      ids.channel === 'email' ? 'ada@example.org' : '+447700900000',
      ids.channel === 'email' ? 'https://app.test/' : null,
    ],
  )
}

export interface DeliveryState {
  readonly status: string
  readonly payload: Buffer | null
  readonly fence: string
  readonly dueIn: number | null
  readonly leaseIn: number | null
  readonly poisoned: number
  readonly worker: string | null
}

export async function deliveryState({ admin }: Fixture, { deliveryId }: Ids): Promise<DeliveryState> {
  const { rows } = await admin.query<DeliveryState>(
    `SELECT status, payload, fence, extract(epoch FROM due_at - now())::float8 AS "dueIn",
            extract(epoch FROM lease_until - now())::float8 AS "leaseIn", poisoned, worker
       FROM deliveries WHERE id = $1`,
    [deliveryId],
  )
  const [row] = rows
  if (row === undefined) throw new Error('no such delivery')
  return row
}

export interface EventRow {
  readonly kind: string
  readonly actor: string
  readonly outcome: string
  readonly reason: string | null
  readonly traceparent: string | null
  readonly data: Record<string, unknown>
}

/** The delivery's events so far, oldest first. */
export async function eventsOf({ admin }: Fixture, { deliveryId }: Ids): Promise<EventRow[]> {
  const { rows } = await admin.query<EventRow>(
    'SELECT kind, actor, outcome, reason, traceparent, data FROM outbox WHERE subject = $1 ORDER BY id',
    [`delivery:${deliveryId}`],
  )
  return rows
}

export interface AttemptRow {
  readonly number: number
  readonly provider: string
  readonly outcome: string
  readonly error_code: string | null
  readonly provider_message_id: string | null
}

export async function attemptsOf({ admin }: Fixture, { deliveryId }: Ids): Promise<AttemptRow[]> {
  const { rows } = await admin.query<AttemptRow>(
    `SELECT number, provider, outcome, error_code, provider_message_id FROM attempts WHERE delivery_id = $1
      ORDER BY number`,
    [deliveryId],
  )
  return rows
}

/** An attempt of an earlier worker. */
export async function givenAttempt(
  { admin }: Fixture,
  ids: Ids,
  number: number,
  outcome: string,
  provider = 'sendgrid',
): Promise<void> {
  await admin.query(
    `INSERT INTO attempts (tenant_id, delivery_id, number, provider, fence, outcome, finished_at)
     VALUES ($1, $2, $3, $5, 0, $4, CASE WHEN $4 = 'started' THEN NULL ELSE now() END)`,
    [ids.tenantId, ids.deliveryId, number, outcome, provider],
  )
}

/** Ends the lease of whoever holds the delivery, as time would. */
export async function endLease({ admin }: Fixture, { deliveryId }: Ids): Promise<void> {
  await admin.query(
    `UPDATE deliveries SET lease_until = now() - interval '1 ms', due_at = now() - interval '1 ms' WHERE id = $1`,
    [deliveryId],
  )
}

/** Whether a statement waits for a lock that another holds. */
export async function someoneWaits({ admin }: Fixture): Promise<boolean> {
  const { rowCount } = await admin.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return (rowCount ?? 0) > 0
}
