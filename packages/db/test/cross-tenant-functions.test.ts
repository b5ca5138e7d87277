// The only way across tenants: functions that run as postern_relay, callable by exactly the roles that are meant.
// What is looked at comes from the catalogue, so a function that is added later is tried too.

import { testDatabase } from '@postern/testkit/postgres'
import t from 'tap'
import { SERVICE_ROLES } from '../src/roles.ts'
import { connect, refusal, type TestScope } from './fixtures/connect.ts'

const ALL = ['postern_audit', 'postern_gateway', 'postern_notifier']

/** Who may call what. A function that is not here may be called by no service. */
const CALLERS: Record<string, string[]> = {
  'claim_due(integer)': ALL,
  'redrive_lost(text,timestamp with time zone,integer)': ALL,
  'expire_due(integer,boolean)': ALL,
  'review_held(integer)': ALL,
  'claim_unreported(integer)': ['postern_notifier'],
  'unreported_overdue_seconds()': ['postern_notifier'],
  'claim_events(integer)': ALL,
  'relay_gauges()': ALL,
  'record_events(uuid[])': ['postern_audit'],
  'purge_ended(integer,integer)': ['postern_audit'],
  'revocations_since(integer)': ['postern_audit', 'postern_gateway'],
}

/** Not across tenants: run with the caller's own rights. */
const ORDINARY: Record<string, string[]> = {
  'resting_status(uuid,uuid,text)': ['postern_gateway', 'postern_notifier'],
  'stale_snapshot()': ['postern_gateway'],
  'remaining_factors(uuid,uuid,text[])': ['postern_gateway'],
  'acr_of(text[])': ['postern_gateway'],
  'template_locales(text,text)': ['postern_gateway', 'postern_notifier'],
  'find_template(uuid,text,text,text)': ['postern_gateway', 'postern_notifier'],
  'keep_browser_hosts()': [],
  'refuse_disabled_user()': [],
}

interface Routine {
  name: string
  owner: string
  definer: boolean
  settings: string[] | null
  public: boolean
  callers: string[]
}

async function setup(t: TestScope) {
  const urls = await testDatabase(t)
  const admin = await connect(t, urls.adminUrl)
  const { rows } = await admin.query<Routine>(
    `SELECT p.oid::regprocedure::text AS name, p.proowner::regrole::text AS owner, p.prosecdef AS definer,
            p.proconfig AS settings,
            p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0) AS public,
            ARRAY(SELECT role FROM unnest($1::text[]) AS role
                   WHERE has_function_privilege(role, p.oid, 'EXECUTE') ORDER BY role) AS callers
       FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace ORDER BY 1`,
    [SERVICE_ROLES],
  )
  return { urls, admin, routines: rows }
}

t.test(
  'every definer function runs as postern_relay with a fixed path, temporary objects last',
  async (t) => {
    const { routines } = await setup(t)
    const definers = routines.filter((routine) => routine.definer)
    t.same(definers.map((routine) => routine.name).sort(), Object.keys(CALLERS).sort())
    for (const { name, owner, settings } of definers) {
      t.equal(owner, 'postern_relay', name)
      t.same(settings, ['search_path=pg_catalog, public, pg_temp'], name)
    }
  },
)

t.test('everything postern_relay owns is one of them', async (t) => {
  const { routines, admin } = await setup(t)
  const owned = routines.filter((routine) => routine.owner === 'postern_relay' && !routine.definer)
  t.same(owned, [])
  const relations = await admin.query(`SELECT FROM pg_class WHERE relowner = 'postern_relay'::regrole`)
  t.equal(relations.rowCount, 0)
})

t.test(
  'no function is open to everybody, and each is open to exactly the services that are meant',
  async (t) => {
    const { routines } = await setup(t)
    for (const routine of routines) {
      t.equal(routine.public, false, `${routine.name} is closed to the public`)
      const meant = CALLERS[routine.name] ?? ORDINARY[routine.name] ?? []
      t.same(routine.callers, [...meant].sort(), routine.name)
    }
  },
)

t.test('calling what is not granted is refused', async (t) => {
  const { urls } = await setup(t)
  const notifier = await connect(t, urls.notifierUrl)
  t.equal(await refusal(notifier.query(`SELECT record_events('{}')`)), '42501')
  t.equal(await refusal(notifier.query('SELECT revocations_since(30)')), '42501')
  t.equal(await refusal(notifier.query('SELECT stale_snapshot()')), '42501')
  const gateway = await connect(t, urls.gatewayUrl)
  t.equal(await refusal(gateway.query(`SELECT record_events('{}')`)), '42501')
  t.equal(await refusal(gateway.query('SELECT claim_due(1)')), null)
  const owner = await connect(t, urls.ownerUrl)
  t.equal(await refusal(owner.query('SELECT claim_due(1)')), '42501', 'not even the owner, unasked')
})

t.test('neither a caller’s search path nor its temporary tables change what they act on', async (t) => {
  const { urls, admin } = await setup(t)
  // The queue's Postgres backend needs temporary tables, so a service may have the right to make some.
  await admin.query(`GRANT TEMPORARY ON DATABASE ${urls.name} TO postern_gateway`)
  await admin.query(`CREATE SCHEMA decoy; GRANT USAGE ON SCHEMA decoy TO PUBLIC;
    CREATE TABLE decoy.outbox (LIKE public.outbox); GRANT ALL ON decoy.outbox TO PUBLIC`)
  const gateway = await connect(t, urls.gatewayUrl)
  await gateway.query('CREATE TEMP TABLE outbox (LIKE decoy.outbox)')
  await gateway.query('SET search_path = pg_temp, decoy, public')
  for (const schema of ['pg_temp', 'decoy']) {
    await gateway.query(
      `INSERT INTO ${schema}.outbox (id, tenant_id, kind, occurred_at, actor, subject, outcome, data, due_at)
       VALUES (uuidv7(), uuidv7(), 'user.created', now(), 'x:y', 'x:y', 'success', '{}', now() - interval '1 day')`,
    )
  }
  t.same((await gateway.query('SELECT * FROM public.claim_events(10)')).rows, [])
  t.match((await gateway.query('SELECT * FROM public.relay_gauges()')).rows, [{ events: '0' }])
})
