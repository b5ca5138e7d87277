// What the database roles can never do, whatever the code that runs as them is made to say.

import { testDatabase, throwawayPostgres } from '@postern/testkit/postgres'
import type { Client } from 'pg'
import t from 'tap'
import { ensureRoles, LOGIN_ROLES, roleName, SERVICE_ROLES } from '../src/roles.ts'
import { connect, refusal, type TestScope } from './fixtures/connect.ts'
import { seedRows, tenantTables } from './fixtures/tenant-tables.ts'

const TENANT = '0198a000-0000-7000-8000-00000000000a'
const ROLES = ['postern_relay', ...LOGIN_ROLES.map(roleName)]

async function setup(t: TestScope) {
  const urls = await testDatabase(t)
  return { urls, admin: await connect(t, urls.adminUrl) }
}

async function names(client: Client, text: string, values: unknown[] = []): Promise<string[]> {
  return (await client.query<{ name: string }>(text, values)).rows.map((row) => row.name)
}

t.test('no role is a superuser, bypasses row security, or makes roles, databases or replicas', async (t) => {
  const { admin } = await setup(t)
  const { rows } = await admin.query(
    `SELECT rolname AS name, rolcanlogin AS login, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb
       OR rolreplication AS mighty FROM pg_roles WHERE rolname LIKE 'postern%' ORDER BY rolname`,
  )
  t.same(
    rows,
    [...ROLES].sort().map((name) => ({ name, login: name !== 'postern_relay', mighty: false })),
  )
})

t.test('no service role owns anything of a migrated database, nor of what all databases share', async (t) => {
  const { admin } = await setup(t)
  const owned = await names(
    admin,
    `SELECT r.rolname AS name FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
      WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND r.rolname = ANY ($1)
        AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))`,
    [SERVICE_ROLES],
  )
  t.same(owned, [])
})

t.test('no role may truncate, watch, reference or tend a table', async (t) => {
  const { admin } = await setup(t)
  const granted = await names(
    admin,
    `SELECT role || ' ' || verb || ' ' || c.relname AS name
       FROM pg_class c, unnest($1::text[]) AS role, unnest('{TRUNCATE,TRIGGER,REFERENCES,MAINTAIN}'::text[]) AS verb
      WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
        AND has_table_privilege(role, c.oid, verb)`,
    [[...SERVICE_ROLES, 'postern_relay']],
  )
  t.same(granted, [])
})

t.test('no service writes an event’s id, time or actor; only the gateway names its request', async (t) => {
  const { admin } = await setup(t)
  const tellable = (role: string) =>
    names(
      admin,
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'outbox'::regclass AND attnum > 0
         AND has_column_privilege($1, attrelid, attnum, 'INSERT') ORDER BY attname`,
      [role],
    )
  const facts = ['data', 'kind', 'outcome', 'reason', 'subject', 'tenant_id', 'traceparent']
  t.same(await tellable('postern_gateway'), [...facts, 'request_id'].sort())
  t.same(await tellable('postern_notifier'), facts)
  t.same(await tellable('postern_audit'), [])
})

t.test('no service role is a member of any role, so none leads to postern_relay', async (t) => {
  const { admin } = await setup(t)
  const memberships = await names(
    admin,
    `SELECT m.member::regrole || ' in ' || m.roleid::regrole AS name FROM pg_auth_members m
      WHERE m.member = ANY ($1::regrole[]) OR m.roleid = 'postern_relay'::regrole`,
    [SERVICE_ROLES],
  )
  t.same(memberships, ['postern_owner in postern_relay'])
  const { rows } = await admin.query(
    `SELECT bool_or(pg_has_role(role, 'postern_relay', 'MEMBER')) AS services,
            pg_has_role('postern_owner', 'postern_relay', 'USAGE') AS owner_unasked,
            pg_has_role('postern_owner', 'postern_relay', 'SET') AS owner_asked FROM unnest($1::text[]) AS role`,
    [SERVICE_ROLES],
  )
  t.same(rows, [{ services: false, owner_unasked: false, owner_asked: true }])
})

t.test(
  'no service role can make tables or functions, become another role, or unguard anything',
  async (t) => {
    const { urls } = await setup(t)
    for (const url of [urls.gatewayUrl, urls.notifierUrl, urls.auditUrl]) {
      const client = await connect(t, url)
      const role = new URL(url).username
      for (const text of [
        'CREATE TABLE mine (n int)',
        'CREATE SCHEMA mine',
        `CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
        'SET ROLE postern_relay',
        'SET ROLE postern_owner',
        'SET session_replication_role = replica',
        'ALTER TABLE users DISABLE ROW LEVEL SECURITY',
        'ALTER TABLE users NO FORCE ROW LEVEL SECURITY',
        `CALL isolate_by_tenant('users')`,
        `ALTER ROLE ${role} BYPASSRLS`,
        'TRUNCATE users',
      ]) {
        t.equal(await refusal(client.query(text)), '42501', `${role}: ${text}`)
      }
      // Asking for no filter at all is an error, not more rows.
      await client.query('SET row_security = off')
      const table = role === 'postern_audit' ? 'audit_events' : 'deliveries'
      t.equal(await refusal(client.query(`SELECT 1 FROM ${table}`)), '42501', `${role}: row_security off`)
    }
  },
)

t.test(
  'the owner sees no tenant’s rows, and a definer function of the owner’s sees none either',
  async (t) => {
    const { urls, admin } = await setup(t)
    const tables = await tenantTables(admin)
    await seedRows(admin, tables, [TENANT])
    const owner = await connect(t, urls.ownerUrl)
    for (const { name } of tables) {
      t.same(await names(owner, `SELECT 'a row' AS name FROM ${name}`), [], name)
    }
    await owner.query(`CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS 'SELECT count(*) FROM users'`)
    t.same(await names(owner, 'SELECT peek()::text AS name'), ['0'])
    await owner.query('SET ROLE postern_relay')
    t.same(
      await names(owner, `SELECT 'a row' AS name FROM deliveries`),
      ['a row'],
      'asked for, for a backfill',
    )
  },
)

t.test('setting the roles up again repairs what was changed and may run twice at once', async (t) => {
  // Roles are the whole cluster's: what is broken here must not be seen by tests that run beside this one.
  const cluster = await throwawayPostgres()
  t.teardown(() => cluster.stop())
  const [admin, other] = [await connect(t, cluster.url), await connect(t, cluster.url)]
  const passwords = { owner: 'o-pass', gateway: 'g-pass', notifier: "n'pass", audit: 'a-pass' }
  await Promise.all([ensureRoles(admin, passwords), ensureRoles(other, passwords)])
  await admin.query('ALTER ROLE postern_relay LOGIN CREATEDB')
  await admin.query('ALTER ROLE postern_notifier BYPASSRLS')
  await admin.query(`ALTER ROLE postern_notifier PASSWORD 'else'`)
  await Promise.all([ensureRoles(admin, passwords), ensureRoles(other, passwords)])
  const mighty = await names(
    admin,
    `SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 'postern%'
      AND (rolcreatedb OR rolbypassrls OR (rolcanlogin AND rolname = 'postern_relay'))`,
  )
  t.same(mighty, [])
  const notifier = new URL(cluster.url)
  notifier.username = 'postern_notifier'
  notifier.password = passwords.notifier
  await connect(t, notifier.href)
})
