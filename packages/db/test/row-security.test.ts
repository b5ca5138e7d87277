// Row-level security over every tenant table that the catalogue knows: no role of a service, nor the owner, reaches
// another tenant's row by any verb, with another tenant's context or with none, on a fresh or a reused connection.

import { testDatabase } from '@postern/testkit/postgres'
import { sql } from 'kysely'
import type { Client } from 'pg'
import t from 'tap'
import { withTenant } from '../src/with-tenant.ts'
import { connect, open, type TestScope } from './fixtures/connect.ts'
import { seedRows, type TenantTable, tenantTables, unguardedTables } from './fixtures/tenant-tables.ts'
import { type Outcome, tryVerb, VERBS } from './fixtures/verbs.ts'

const A = '0198a000-0000-7000-8000-00000000000a'
const B = '0198b000-0000-7000-8000-00000000000b'

async function setup(t: TestScope) {
  const urls = await testDatabase(t)
  const admin = await connect(t, urls.adminUrl)
  const tables = await tenantTables(admin)
  await seedRows(admin, tables, [A, B])
  const roles: Record<string, Client> = {
    gateway: await connect(t, urls.gatewayUrl),
    notifier: await connect(t, urls.notifierUrl),
    audit: await connect(t, urls.auditUrl),
    owner: await connect(t, urls.ownerUrl),
  }
  return { urls, admin, tables, roles }
}

/** Everything tried for A's row, under B and under nobody; named when it reached anything. */
async function breaches(role: string, client: Client, tables: TenantTable[]) {
  const found: string[] = []
  let tried = 0
  for (const table of tables) {
    for (const verb of VERBS) {
      for (const context of [B, null]) {
        const outcome = await tryVerb(client, { table, verb, target: A, context, other: B })
        tried++
        if (typeof outcome === 'number' && outcome > 0) {
          found.push(
            `${role} ${verb} ${table.name} ${context === null ? 'without context' : 'as another tenant'}`,
          )
        }
      }
    }
  }
  return { found, tried }
}

/** What the role may do with its own tenant's row, so that the matrix is known to try things that work. */
async function ownRows(client: Client, tables: TenantTable[]) {
  const outcomes = new Map<string, Outcome>()
  for (const table of tables) {
    for (const verb of VERBS) {
      const outcome = await tryVerb(client, { table, verb, target: A, context: A, other: B })
      outcomes.set(`${verb} ${table.name}`, outcome)
    }
  }
  return outcomes
}

t.test('no role reaches another tenant’s row in any tenant table by any verb', async (t) => {
  const { tables, roles } = await setup(t)
  t.ok(tables.length >= 12, `${tables.length} tenant tables found`)
  let tried = 0
  for (const [role, client] of Object.entries(roles)) {
    const result = await breaches(role, client, tables)
    t.same(result.found, [], role)
    tried += result.tried
  }
  t.equal(tried, tables.length * VERBS.length * 2 * 4)
  t.comment(`${tables.length} tables × ${VERBS.length} verbs × 2 contexts × 4 roles = ${tried} tries`)
})

t.test(
  'the same tries reach the tenant’s own row where the role has the grant, and never move it',
  async (t) => {
    const { tables, roles } = await setup(t)
    const gateway = await ownRows(roles.gateway as Client, tables)
    t.equal(gateway.get('SELECT users'), 1)
    t.equal(gateway.get('INSERT users'), 1)
    t.equal(gateway.get('UPDATE users'), 1)
    t.equal(gateway.get('INSERT outbox'), 1)
    t.equal(gateway.get('SELECT outbox'), 'denied')
    t.equal((await ownRows(roles.notifier as Client, tables)).get('UPDATE deliveries'), 1)
    t.equal((await ownRows(roles.audit as Client, tables)).get('SELECT audit_events'), 1)
    const owner = await ownRows(roles.owner as Client, tables)
    for (const table of tables) {
      for (const verb of ['SELECT', 'INSERT', 'UPDATE', 'DELETE']) {
        t.equal(owner.get(`${verb} ${table.name}`), 1, `the owner, as the tenant: ${verb} ${table.name}`)
      }
      t.equal(owner.get(`MOVE ${table.name}`), 'refused', `MOVE ${table.name}`)
      t.not(gateway.get(`MOVE ${table.name}`), 1, `the gateway: MOVE ${table.name}`)
    }
  },
)

t.test('a pooled connection that served one tenant shows the next only its own rows', async (t) => {
  const { urls, tables } = await setup(t)
  const database = open<unknown>(t, urls.gatewayUrl, 1)
  const readable = await sql<{ name: string }>`
    SELECT name FROM unnest(${tables.map((table) => table.name)}::text[]) AS name
     WHERE has_table_privilege(name, 'SELECT')`.execute(database.db)
  t.ok(readable.rows.length >= 10)
  const scope = { actor: 'service:test', requestId: null, traceparent: null }
  for (const { name } of readable.rows) {
    const owners = sql<{ tenant_id: string; pid: number }>`
      SELECT tenant_id, pg_backend_pid() AS pid FROM ${sql.table(name)}`
    const first = await withTenant(database.db, { ...scope, tenantId: A }, (trx) => owners.execute(trx))
    t.same(
      first.rows.map((row) => row.tenant_id),
      [A],
      `${name}: A sees A`,
    )
    t.same((await owners.execute(database.db)).rows, [], `${name}: nobody sees nothing`)
    const second = await withTenant(database.db, { ...scope, tenantId: B }, (trx) => owners.execute(trx))
    t.same(second.rows, [{ tenant_id: B, pid: first.rows[0]?.pid }], `${name}: B sees B, same connection`)
  }
})

t.test(
  'every tenant table has forced row-level security and no policy for anybody but the relay',
  async (t) => {
    const { admin } = await setup(t)
    t.same(await unguardedTables(admin), [])
  },
)

t.test('a tenant table added without forced row-level security is found', async (t) => {
  const { admin, roles, tables } = await setup(t)
  const owner = roles.owner as Client
  await owner.query('CREATE TABLE planted (tenant_id uuid NOT NULL, id uuid NOT NULL)')
  await owner.query('GRANT SELECT, INSERT, UPDATE, DELETE ON planted TO postern_gateway')
  t.same(await unguardedTables(admin), ['planted'], 'without any')
  const planted = (await tenantTables(admin)).filter(
    (table) => !tables.some(({ name }) => name === table.name),
  )
  await seedRows(admin, planted, [A, B])
  const gateway = roles.gateway as Client
  t.equal((await breaches('gateway', gateway, planted)).found.length, 10, 'and the matrix sees it leak')

  await owner.query(`CALL isolate_by_tenant('planted')`)
  t.same(await unguardedTables(admin), [], 'isolated')
  t.same((await breaches('gateway', gateway, planted)).found, [])
  await owner.query('ALTER TABLE planted NO FORCE ROW LEVEL SECURITY')
  t.same(await unguardedTables(admin), ['planted'], 'enabled but not forced')
  t.ok((await breaches('owner', owner, planted)).found.length > 0, 'and the matrix sees the owner read it')
  await owner.query('ALTER TABLE planted FORCE ROW LEVEL SECURITY')
  await owner.query('CREATE POLICY shared ON planted FOR SELECT TO postern_gateway USING (true)')
  t.same(await unguardedTables(admin), ['planted'], 'opened by one more policy')
})
