// Retention: what ended long ago goes once a day, in batches, counted once; everything else stays.

import { randomBytes, randomUUID } from 'node:crypto'
import { testDatabase } from '@postern/testkit/postgres'
import type { Client } from 'pg'
import t from 'tap'
import type { AuditDatabase } from '../src/databases/audit.database.ts'
import { lastPurgeEnded, purgeEnded } from '../src/retention.store.ts'
import { connect, open, openWarm, type TestScope } from './fixtures/connect.ts'
import { A, addAttempt, addDelivery, B, takeEvents } from './fixtures/rows.ts'

const KEEP_DAYS = 30
const DAY = 86_400

async function setup(t: TestScope) {
  const urls = await testDatabase(t)
  const admin = await connect(t, urls.adminUrl)
  const { db } = open<AuditDatabase>(t, urls.auditUrl)
  const count = async (table: string) =>
    (await admin.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]?.n
  return { urls, admin, db, count, purge: (batch = 100) => purgeEnded(db, batch, KEEP_DAYS) }
}

/** Every way to have ended, `days` ago, of one tenant. */
async function addEnded(admin: Client, tenantId: string, days: number): Promise<void> {
  const [user, session] = [randomUUID(), randomUUID()]
  const at = new Date(Date.now() - days * DAY * 1_000)
  await admin.query(
    `WITH delivery AS (
       INSERT INTO deliveries (tenant_id, id, channel, template, status, decoy, send_at, expires_at, created_at)
       VALUES ($1, gen_random_uuid(), 'email', 'magic_link', 'accepted', false, $2, $2, $2) RETURNING id
     ), receipt AS (
       INSERT INTO webhook_receipts (tenant_id, provider, event_key, delivery_id, attempt, status, occurred_at)
       SELECT $1, 'sendgrid', $3, id, 1, 'sent', $2 FROM delivery
     ), challenge AS (
       INSERT INTO challenges (tenant_id, id, kind, purpose, identifier_kind, identity_key, address, digest, key_version,
         redirect_url, delivery_id, limit_key, identifier_digest, decoy, metadata, created_at, due_at, expires_at)
       VALUES ($1, gen_random_uuid(), 'magic_link', 'sign_in', 'email', 'a@b.example', 'a@b.example', $3, 1,
         'https://app.test/', gen_random_uuid(), 'a@b.example', 'digest', false, '{}', $2, $2, $2)
     ), guard AS (
       INSERT INTO identifier_guards (tenant_id, limit_key, window_started_at, sends) VALUES ($1, $4, $2, 1)
     ), kept_answer AS (
       INSERT INTO idempotency_keys (tenant_id, key_digest, request_digest, status, answer, expires_at)
       VALUES ($1, $3, $3, 202, '{}', $2)
     ), revocation AS (
       INSERT INTO revocations (tenant_id, kind, subject_id, created_at) VALUES ($1, 'session', $5, $2)
     ), person AS (
       INSERT INTO users (tenant_id, id) VALUES ($1, $6) RETURNING id
     ), ended AS (
       INSERT INTO sessions (tenant_id, id, user_id, amr, acr, idle_expires_at, expires_at, revoked_at)
       SELECT $1, $5, id, '{}', '', 'infinity', 'infinity', $2 FROM person
     )
     SELECT`,
    [tenantId, at, randomBytes(32), randomUUID(), session, user],
  )
  await admin.query(
    `INSERT INTO refresh_tokens (tenant_id, session_id, generation, digest) VALUES ($1, $2, 0, $3)`,
    [tenantId, session, randomBytes(32)],
  )
}

const TABLES = [
  'challenges',
  'deliveries',
  'identifier_guards',
  'idempotency_keys',
  'revocations',
  'sessions',
  'refresh_tokens',
  'webhook_receipts',
]

t.test('what ended long ago goes, with all that hung on it, and each tenant is told how much', async (t) => {
  const { admin, count, purge } = await setup(t)
  for (let n = 0; n < 3; n += 1) await addEnded(admin, A, KEEP_DAYS + 1)
  await addEnded(admin, B, KEEP_DAYS + 1)
  t.equal(await purge(), 28)
  for (const table of TABLES) t.equal(await count(table), 0, table)
  const each = (n: number) => ({
    challenges: n,
    deliveries: n,
    identifier_guards: n,
    idempotency_keys: n,
    revocations: n,
    sessions: n,
    webhook_receipts: n,
  })
  const told = (await takeEvents(admin)).toSorted((a, b) => (a.tenant_id < b.tenant_id ? -1 : 1))
  t.match(told, [
    { tenant_id: A, kind: 'retention.purged', subject: `tenant:${A}`, data: each(3) },
    { tenant_id: B, kind: 'retention.purged', subject: `tenant:${B}`, data: each(1) },
  ])
  t.equal(told.length, 2)
})

t.test('what is live, scheduled, unfinished or ended lately stays', async (t) => {
  const { admin, count, purge } = await setup(t)
  await addEnded(admin, A, KEEP_DAYS - 1)
  await admin.query(`UPDATE idempotency_keys SET expires_at = now() + interval '1 minute'`)
  await admin.query(`UPDATE revocations SET created_at = now() - interval '23 hours'`)
  const waiting = await addDelivery(admin, { status: 'scheduled', expires: 60 * DAY })
  await addAttempt(admin, waiting, 'retryable')
  await addDelivery(admin, { status: 'sending', expires: -40 * DAY })
  await admin.query(
    `UPDATE deliveries SET created_at = now() - interval '40 days' WHERE status <> 'accepted'`,
  )
  await admin.query(
    `INSERT INTO identifier_guards (tenant_id, limit_key, window_started_at, sends, failures, disabled_at)
     VALUES ($1, 'failed', now() - interval '1 year', 1, 7, NULL), ($1, 'off', now() - interval '1 year', 1, 0, now())`,
    [A],
  )
  await admin.query(
    `INSERT INTO identifier_guards (tenant_id, limit_key, window_started_at, sends, message_window_started_at, message_sends)
     VALUES ($1, 'written to', 'epoch', 0, now(), 20)`,
    [A],
  )
  t.equal(await purge(), 0)
  t.equal(await count('deliveries'), 3)
  t.equal(await count('attempts'), 1)
  t.equal(await count('identifier_guards'), 4)
  for (const table of TABLES.filter((name) => !['deliveries', 'identifier_guards'].includes(name)))
    t.equal(await count(table), 1, table)
  t.same(await takeEvents(admin), [])
})

t.test('a pass takes a batch at a time, and after its end none begins for a day', async (t) => {
  const { admin, db, count, purge } = await setup(t)
  t.same(await lastPurgeEnded(db), Number.NaN)
  for (let n = 0; n < 5; n += 1) await addEnded(admin, A, KEEP_DAYS + 1)
  t.equal(await purge(2), 14)
  t.equal(await count('challenges'), 3)
  t.equal(await purge(2), 14)
  t.equal(await purge(2), 7)
  t.equal(await purge(2), 0)
  t.ok(Math.abs((await lastPurgeEnded(db)) - Date.now() / 1_000) < 60)
  await addEnded(admin, A, KEEP_DAYS + 1)
  t.equal(await purge(), 0, 'not again today')
  await admin.query(`UPDATE housekeeping SET last_done = now() - interval '25 hours'`)
  t.equal(await purge(), 7)
})

t.test('twenty who purge at once remove and tell each row once', async (t) => {
  const { urls, admin } = await setup(t)
  for (let n = 0; n < 40; n += 1) await addEnded(admin, A, KEEP_DAYS + 1)
  const { db } = await openWarm<AuditDatabase>(t, urls.auditUrl, 20)
  // Who finds the purge taken is answered 0 at once, so each asks until everything is gone, not a number of times.
  let removed = 0
  const deadline = Date.now() + 30_000
  const purgeAll = async () => {
    while (removed < 280 && Date.now() < deadline) {
      const gone = await purgeEnded(db, 5, KEEP_DAYS)
      removed += gone
    }
  }
  await Promise.all(Array.from({ length: 20 }, purgeAll))
  const told = (await takeEvents(admin)).flatMap(({ data }) => Object.values(data) as number[])
  t.equal(removed, 280)
  t.equal(
    told.reduce((sum, n) => sum + n, 0),
    280,
  )
})
