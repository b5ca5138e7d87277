// What a verify reads does not grow with what its tenant has: neither on a database whose tables were never analysed, nor
// with a plan that was made when they were small.

import { randomBytes, randomUUID } from 'node:crypto'
import { boundTo, type SetStatement } from '@postern/db/set-statement'
import type { TenantRun } from '@postern/db/with-tenant'
import { otpDigests } from '@postern/token/otp-code'
import pg from 'pg'
import t from 'tap'
import { consumeChallenge, type Proof } from '../../src/challenge/consume-challenge.store.ts'
import { freshEmail, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'
import { type PlantedCode, plantCode } from './planted-code.ts'

const MANY = 3_000
const SEVERAL = 8

/** The statement that a verify runs. */
async function captured(proof: Proof): Promise<SetStatement<Proof, object>> {
  const seen: SetStatement<Proof, object>[] = []
  const each = (statement: SetStatement<Proof, object>) => {
    seen.push(statement)
    return Promise.resolve({ verdict: 'unknown' })
  }
  await consumeChallenge({ each } as unknown as TenantRun, proof)
  const [statement] = seen
  if (statement === undefined) throw new Error('nothing was run')
  return statement
}

async function house(t: Tap) {
  const house = await openHouse(t)
  const gateway = await openGateway(t, house)
  const tenant = await newTenant(gateway)
  const client = new pg.Client({ connectionString: house.data.gatewayUrl })
  await client.connect()
  t.teardown(() => client.end())

  const proofOf = ({ id, code }: PlantedCode): Proof => ({
    tenantId: tenant.id,
    challengeId: id,
    kind: 'otp',
    digests: otpDigests(gateway.context.pepper, { tenantId: tenant.id, challengeId: id }, code),
    codeChallenge: null,
    mfaId: null,
    raise: null,
    newUserId: randomUUID(),
    signIn: {
      session: {
        id: randomUUID(),
        refreshDigest: randomBytes(32),
        kind: 'api',
        userAgent: null,
        address: null,
        idleSeconds: 600,
        absoluteSeconds: 600,
      },
      pending: { id: randomUUID(), digest: randomBytes(32), keyVersion: 1 },
    },
  })

  /** By table, in this connection. */
  async function readSoFar(): Promise<Map<string, number>> {
    const { rows } = await client.query(
      `SELECT relname, (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int AS read
         FROM pg_stat_xact_user_tables WHERE schemaname = 'public'`,
    )
    return new Map(rows.map(({ relname, read }) => [relname, read]))
  }

  /** Verifies several codes in one transaction, by a prepared statement; answers the most rows read of one table. */
  async function verify(
    guess: (code: PlantedCode) => PlantedCode,
    emails = Array.from({ length: SEVERAL }, freshEmail),
  ) {
    const riders = []
    for (const to of emails) {
      const input = proofOf(guess(await plantCode(gateway, tenant, { to })))
      riders.push({ input, requestId: null, traceparent: null })
    }
    const statement = await captured(riders[0]?.input as Proof)
    const { db } = gateway.context.database
    const query = boundTo(statement, riders, tenant.id, (raw) => raw.compile(db))
    await client.query('BEGIN')
    await client.query(
      `SELECT set_config('app.tenant_id', $1, true), set_config('app.actor', 'test:test', true)`,
      [tenant.id],
    )
    const before = await readSoFar()
    const answers = await client.query({ name: 'verify', text: query.sql, values: [...query.parameters] })
    const after = await readSoFar()
    const read = [...after].map(([table, rows]) => ({ table, rows: rows - (before.get(table) ?? 0) }))
    const most = read.sort((a, b) => b.rows - a.rows)[0]
    await client.query('COMMIT')
    return { verdicts: [...new Set(answers.rows.map(({ verdict }) => verdict))], most, emails }
  }
  return { house, tenant, verify }
}
type Tap = Parameters<typeof openHouse>[0]

/** As if the tenant had been used for a while. */
async function grow(admin: pg.Pool, { id }: Tenant) {
  const series = `FROM generate_series(1, ${MANY}) AS g`
  const users = `SELECT tenant_id, id, email FROM users WHERE email LIKE '%@grown.test'`
  for (const text of [
    `INSERT INTO users (tenant_id, id, email, email_verified_at) SELECT '${id}', uuidv7(), g || '@grown.test', now() ${series}`,
    `INSERT INTO identifiers (tenant_id, kind, identity_key, user_id, verified_at)
     SELECT tenant_id, 'email', email, id, now() FROM (${users}) u`,
    `INSERT INTO identifier_guards (tenant_id, limit_key, window_started_at, sends, failures)
     SELECT '${id}', g || '@grown.test', now(), 1, g % 3 ${series}`,
    `INSERT INTO challenges (tenant_id, id, kind, purpose, identifier_kind, identity_key, address, digest, key_version,
       delivery_id, limit_key, identifier_digest, decoy, metadata, due_at, expires_at)
     SELECT '${id}', uuidv7(), 'otp', 'sign_in', 'email', g || '@grown.test', '', sha256(''), 1, uuidv7(),
       g || '@grown.test', '', false, '{}', now(), now() + interval '5 minutes' ${series}`,
    `INSERT INTO deliveries (tenant_id, id, challenge_id, channel, template, status, decoy, send_at, expires_at, due_at)
     SELECT tenant_id, delivery_id, id, 'email', 'otp', 'queued', false, now(), expires_at, expires_at FROM challenges`,
    `INSERT INTO sessions (tenant_id, id, user_id, amr, acr, idle_expires_at, expires_at)
     SELECT tenant_id, uuidv7(), id, '{}', '', now() + interval '1 day', now() + interval '1 day' FROM (${users}) u`,
    `INSERT INTO refresh_tokens (tenant_id, session_id, generation, digest)
     SELECT tenant_id, id, 0, sha256('') FROM sessions WHERE acr = ''`,
    `INSERT INTO totp_factors (tenant_id, id, user_id, secret, secret_version, last_step, enabled_at)
     SELECT tenant_id, uuidv7(), id, '', 1, 0, now() FROM (${users}) u`,
    `INSERT INTO recovery_codes (tenant_id, user_id, digest, key_version)
     SELECT tenant_id, id, sha256(email::bytea), 1 FROM (${users}) u`,
    `INSERT INTO pending_sign_ins (tenant_id, id, user_id, purpose, digest, key_version, amr, user_created, expires_at)
     SELECT tenant_id, uuidv7(), id, 'sign_in', sha256(''), 1, '{}', false, now() + interval '1 day' FROM (${users}) u`,
  ]) {
    await admin.query(text)
  }
}

const right = (code: PlantedCode) => code
const wrong = (code: PlantedCode) => ({ ...code, code: code.wrong() })

t.test('on tables that were never analysed', async (t) => {
  const {
    house: { admin },
    tenant,
    verify,
  } = await house(t)
  await grow(admin, tenant)
  await reads(t, verify)
})

t.test('with a plan that was made when the tables were empty', async (t) => {
  const {
    house: { admin },
    tenant,
    verify,
  } = await house(t)
  // Twice: the checks of foreign keys have plans of their own, and each becomes one for good with its second use.
  for (let round = 0; round < 2; round++) await verify(right)
  await grow(admin, tenant)
  await reads(t, verify)
})

t.test('with a plan that was made when the tables were small', async (t) => {
  const {
    house: { admin },
    tenant,
    verify,
  } = await house(t)
  for (let round = 0; round < 8; round++) await verify(right)
  await admin.query('ANALYZE')
  for (let round = 0; round < 8; round++) await verify(right)
  await grow(admin, tenant)
  await reads(t, verify)
})

async function reads(
  t: {
    equal(a: unknown, b: unknown): unknown
    ok(a: unknown, m: string): unknown
    strictSame(a: unknown, b: unknown): unknown
  },
  verify: Awaited<ReturnType<typeof house>>['verify'],
) {
  for (const guess of [right, wrong]) {
    const first = await verify(guess)
    const again = await verify(guess, first.emails)
    for (const { verdicts, most } of [first, again]) {
      t.strictSame(verdicts, [guess === right ? 'proven' : 'wrong_code'])
      t.ok((most?.rows ?? 0) < SEVERAL * 30, `${most?.rows} rows of ${most?.table}`)
    }
  }
}
