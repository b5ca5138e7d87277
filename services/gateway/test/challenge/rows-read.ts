// How many rows a statement reads: in one transaction, by a prepared statement, on a tenant that may have been used for a while.

import { boundTo, type SetStatement } from '@postern/db/set-statement'
import type { TenantRun } from '@postern/db/with-tenant'
import pg from 'pg'
import { newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'

/** Of one table, for each input. */
const FEW_ROWS = 30
const FEW = 5
const MANY = 3_000

/** The statement over sets that `use` would run first. */
export async function captured<I>(
  use: (run: TenantRun) => Promise<unknown>,
): Promise<SetStatement<I, object>> {
  const seen: SetStatement<I, object>[] = []
  const each = (statement: SetStatement<I, object>) => {
    seen.push(statement)
    return Promise.reject(new Error('only looked at'))
  }
  await use({ each } as unknown as TenantRun).catch(() => undefined)
  const [statement] = seen
  if (statement === undefined) throw new Error('nothing was run')
  return statement
}

/** Some rows, and no more than a few for each input: none at all would mean that nothing was counted. */
export const isFew = (most: { rows: number } | undefined, inputs: number) =>
  most !== undefined && most.rows > 0 && most.rows < inputs * FEW_ROWS

/** A gateway's tenant, and what reads by one connection of its own. One reader runs one statement: it is prepared by one name. */
export async function openReader(t: Parameters<typeof openHouse>[0]) {
  const house = await openHouse(t)
  const gateway = await openGateway(t, house)
  const tenant = await newTenant(gateway)
  const client = new pg.Client({ connectionString: house.data.gatewayUrl })
  await client.connect()
  t.teardown(() => client.end())

  /** By table, in this connection. */
  async function readSoFar(): Promise<Map<string, number>> {
    const { rows } = await client.query(
      `SELECT relname, (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int AS read
         FROM pg_stat_xact_user_tables WHERE schemaname = 'public'`,
    )
    return new Map(rows.map(({ relname, read }) => [relname, read]))
  }

  /** Runs the statement for all inputs; answers its rows, and the most rows that it read of one table. */
  async function read<I>(statement: SetStatement<I, object>, inputs: readonly I[]) {
    const riders = inputs.map((input) => ({ input, requestId: null, traceparent: null }))
    const { db } = gateway.context.database
    const query = boundTo(statement, riders, tenant.id, (raw) => raw.compile(db))
    await client.query('BEGIN')
    await client.query(
      `SELECT set_config('app.tenant_id', $1, true), set_config('app.actor', 'test:test', true)`,
      [tenant.id],
    )
    const before = await readSoFar()
    const { rows } = await client.query({ name: 'read', text: query.sql, values: [...query.parameters] })
    const after = await readSoFar()
    await client.query('COMMIT')
    const tables = [...after].map(([table, all]) => ({ table, rows: all - (before.get(table) ?? 0) }))
    return { answers: rows, most: tables.sort((a, b) => b.rows - a.rows)[0] }
  }
  return {
    house,
    gateway,
    tenant,
    read,
    /** As if the tenant had been used for a day. */
    growALittle: () => grow(house.admin, tenant, 1, FEW),
    /** As if it had been used for long. */
    grow: () => grow(house.admin, tenant, FEW + 1, MANY),
  }
}

async function grow(admin: pg.Pool, { id }: Tenant, from: number, to: number) {
  const series = `FROM generate_series(${from}, ${to}) AS g`
  const users = `SELECT tenant_id, id, email FROM users
    WHERE CASE WHEN email LIKE '%@grown.test' THEN split_part(email, '@', 1)::int BETWEEN ${from} AND ${to} END`
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
     SELECT tenant_id, delivery_id, id, 'email', 'otp', 'queued', false, now(), expires_at, expires_at
       FROM challenges WHERE limit_key LIKE '%@grown.test'
     ON CONFLICT DO NOTHING`,
    `INSERT INTO sessions (tenant_id, id, user_id, amr, acr, idle_expires_at, expires_at)
     SELECT tenant_id, uuidv7(), id, '{}', '', now() + interval '1 day', now() + interval '1 day' FROM (${users}) u`,
    `INSERT INTO refresh_tokens (tenant_id, session_id, generation, digest)
     SELECT tenant_id, id, 0, sha256('') FROM sessions WHERE acr = '' ON CONFLICT DO NOTHING`,
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
