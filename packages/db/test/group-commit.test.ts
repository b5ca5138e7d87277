// What riding together may never do: mix tenants or actors, mix answers, answer before the commit, or let one input's
// failure be another's.

import fc from 'fast-check'
import { sql } from 'kysely'
import t from 'tap'
import { inGroup } from '../src/group-commit.ts'
import type { SetStatement } from '../src/set-statement.ts'
import { alone, within, withTenant } from '../src/with-tenant.ts'
import { A, type Answer, B, type Input, keeping, scopeOf, setup } from './fixtures/kept.ts'

const keep = keeping(false)
const keepLocked = keeping(true)
const numbered = (n: number, prefix = 'n') => Array.from({ length: n }, (_, at) => `${prefix}${at}`)
const tripsOf = <R extends { xid: string }>(answers: readonly R[]) => [
  ...Map.groupBy(answers, ({ xid }) => xid).values(),
]

t.test(
  'those who wait meanwhile share a transaction, 64 at most, oldest first; each has its own row',
  async (t) => {
    const { database, occupy, kept, runs } = await setup(t, { max: 1 })
    const giveBack = await occupy()
    const names = numbered(100)
    const answers = Promise.all(
      names.map((name) => inGroup(database, scopeOf(), keep, { tenantId: A, name })),
    )
    giveBack()
    t.same(
      (await answers).map(({ name }) => name),
      names,
    )
    const trips = tripsOf(await answers)
    t.same(
      trips.map((trip) => trip.map(({ name }) => name)),
      [names.slice(0, 64), names.slice(64)],
    )
    t.equal(await runs(), 2)
    t.same(await kept(), [...names].sort())
  },
)

t.test('inputs of different tenants or actors never share a transaction', async (t) => {
  const { database, occupy, kept } = await setup(t, { max: 1 })
  const who = [A, B].flatMap((tenantId) =>
    ['api_key:one', 'api_key:two'].map((actor) => ({ tenantId, actor })),
  )
  const giveBack = await occupy()
  const answers = Promise.all(
    numbered(80).map((name, at) => {
      const { tenantId, actor } = who[at % 4] ?? { tenantId: A, actor: 'nobody' }
      return inGroup(database, scopeOf(tenantId, actor), keep, { tenantId, name })
    }),
  )
  giveBack()
  const trips = tripsOf(await answers)
  t.equal(trips.length, 4)
  for (const trip of trips) {
    t.equal(trip.length, 20)
    t.equal(new Set(trip.map(({ tenant, actor }) => `${tenant} ${actor}`)).size, 1)
  }
  for (const [at, { tenant, actor }] of (await answers).entries()) {
    t.same({ tenantId: tenant, actor }, who[at % 4])
  }
  await t.rejects(inGroup(database, scopeOf(A), keep, { tenantId: B, name: 'theirs' }), /own tenant/)
  t.equal((await kept()).length, 80)
})

t.test('each event names its own request and trace; the transaction has neither', async (t) => {
  const { database, admin, occupy } = await setup(t, { max: 1 })
  const giveBack = await occupy()
  const scopes = numbered(20).map((name) => ({ name, ...scopeOf() }))
  const answers = scopes.map(({ name, ...scope }) => inGroup(database, scope, keep, { tenantId: A, name }))
  giveBack()
  t.equal(new Set((await Promise.all(answers)).map(({ xid }) => xid)).size, 1)
  t.ok((await Promise.all(answers)).every(({ request }) => request === ''))
  const { rows } = await admin.query('SELECT subject, actor, request_id, traceparent FROM outbox')
  const told = new Map(rows.map(({ subject, ...row }) => [subject, row]))
  for (const { name, actor, requestId, traceparent } of scopes) {
    t.same(told.get(name), { actor, request_id: requestId, traceparent })
  }
})

t.test('whoever rides gets its own answer, and who shares a key never rides together', async (t) => {
  const { database, admin, kept } = await setup(t, { max: 3 })
  const rider = fc.record({
    tenantId: fc.constantFrom(A, B),
    actor: fc.constantFrom('api_key:one', 'api_key:two'),
    keys: fc.uniqueArray(fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5', 'k6'), { maxLength: 3 }),
    locks: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(rider, { maxLength: 90 }), async (riders) => {
      await admin.query('TRUNCATE identifier_guards')
      const asked = riders.map((one, at) => ({ ...one, name: `n${at}` }))
      const answers = await Promise.all(
        asked.map(({ tenantId, actor, locks, ...input }) =>
          inGroup(database, scopeOf(tenantId, actor), locks ? keepLocked : keep, { tenantId, ...input }),
        ),
      )
      const rode = asked.map((input, at) => ({ ...input, ...(answers[at] as Answer), asked: input.name }))
      t.ok(
        rode.every(
          ({ name, asked, tenant, tenantId, actor: seen }, at) =>
            name === asked && tenant === tenantId && seen === riders[at]?.actor,
        ),
      )
      for (const trip of tripsOf(rode)) {
        const keys = trip.flatMap(({ keys }) => keys)
        t.equal(new Set(keys).size, keys.length, 'no key twice in one transaction')
      }
      t.equal((await kept()).length, riders.length)
    }),
    { numRuns: 40 },
  )
})

for (const fault of ['refused by Postgres', 'impossible to build'] as const) {
  t.test(`an input that is ${fault} fails alone: its neighbours are done once each`, async (t) => {
    const { database, occupy, kept } = await setup(t, { max: 3 })
    await inGroup(database, scopeOf(), keep, { tenantId: A, name: 'n7' })
    const giveBack = await occupy()
    const names = numbered(20)
    const answers = names.map((name) => {
      const bad = name === 'n7' && fault === 'impossible to build' ? { unbuildable: true } : {}
      return inGroup(database, scopeOf(), keep, { tenantId: A, name, ...bad })
    })
    giveBack()
    const settled = await Promise.allSettled(answers)
    const failed = settled.flatMap((one, at) => (one.status === 'rejected' ? [[at, one.reason]] : []))
    t.match(failed, [[7, fault === 'impossible to build' ? { name: 'RangeError' } : { code: '23505' }]])
    t.same(
      settled.map((one) => (one.status === 'fulfilled' ? one.value.name : 'n7')),
      names,
    )
    t.same(await kept(), [...names].sort())
  })
}

t.test('a group whose snapshot was too old is tried again as it is, and does its work once', async (t) => {
  const { database, occupy, kept, runs } = await setup(t, { max: 1 })
  const giveBack = await occupy()
  const answers = numbered(10).map((name) =>
    inGroup(database, scopeOf(), keep, { tenantId: A, name, staleUntil: name === 'n4' ? 3 : 0 }),
  )
  giveBack()
  t.equal(tripsOf(await Promise.all(answers)).length, 1)
  t.equal((await kept()).length, 10)
  t.equal(await runs(), 3)
})

t.test(
  'nobody is answered before the commit: what fails there fails for all, and is not tried again',
  async (t) => {
    const { database, occupy, admin, kept, runs } = await setup(t, { max: 1 })
    await admin.query(`CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'refused at the commit'; END $$;
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON identifier_guards DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (NEW.limit_key = 'n3') EXECUTE FUNCTION refuse_late()`)
    const giveBack = await occupy()
    const answers = numbered(10).map((name) => inGroup(database, scopeOf(), keep, { tenantId: A, name }))
    giveBack()
    const settled = await Promise.allSettled(answers)
    t.ok(settled.every((one) => one.status === 'rejected'))
    t.same(await kept(), [])
    t.equal(await runs(), 1)
  },
)

t.test(
  'a connection that breaks fails all who ride, none is done twice, and the next ride works',
  async (t) => {
    const { database, occupy, admin, kept, runs, waitsFor } = await setup(t, { max: 1 })
    const giveBack = await occupy()
    const answers = numbered(10).map((name) =>
      inGroup(database, scopeOf(), keep, { tenantId: A, name, sleep: name === 'n9' ? 30 : 0 }),
    )
    const settled = Promise.allSettled(answers)
    giveBack()
    await waitsFor('PgSleep')
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'db-test' AND datname = current_database()`)
    for (const one of await settled) t.match(one, { status: 'rejected', reason: { code: '57P01' } })
    t.same(await kept(), [])
    t.equal(await runs(), 1)
    t.match(await inGroup(database, scopeOf(), keep, { tenantId: A, name: 'after' }), { name: 'after' })
  },
)

t.test('a statement that does not answer each input once fails them, it never mixes them', async (t) => {
  const { database, occupy } = await setup(t, { max: 1 })
  for (const places of [
    '(1), (3)',
    '(1), (2), (4)',
    '(1), (2), (2)',
    '(1), (2), (3), (3)',
    '(NULL), (1), (2)',
  ]) {
    const wrong: SetStatement<Input, object> = {
      ...keep,
      build: () => sql<{ n: number }>`SELECT n FROM (VALUES ${sql.raw(places)}) AS given (n)`,
    }
    const giveBack = await occupy()
    const answers = ['a', 'b', 'c'].map((name) => inGroup(database, scopeOf(), wrong, { tenantId: A, name }))
    giveBack()
    for (const one of await Promise.allSettled(answers)) t.equal(one.status, 'rejected', places)
  }
})

t.test(
  'the same statement runs for one input inside a transaction that is already the tenant’s',
  async (t) => {
    const { database, admin, kept, waitsFor } = await setup(t)
    const scope = scopeOf()
    const stopped = new Error('half way')
    const half = withTenant(database.db, scope, async (trx) => {
      t.match(await within(trx, scope).each(keep, { tenantId: A, name: 'half' }), { name: 'half', tenant: A })
      throw stopped
    })
    await t.rejects(half, stopped)
    t.same(await kept(), [], 'it is a part of it')
    const theirs = withTenant(database.db, scope, (trx) =>
      within(trx, scope).each(keep, { tenantId: B, name: 'theirs' }),
    )
    await t.rejects(theirs, /own tenant/)
    let other: Promise<Answer> | undefined
    await withTenant(database.db, scope, async (trx) => {
      await within(trx, scope).each(keepLocked, { tenantId: A, name: 'one', keys: ['b', 'a'] })
      other = alone(database, scopeOf()).each(keepLocked, { tenantId: A, name: 'two', keys: ['a'] })
      await waitsFor('advisory')
    })
    t.match(await other, { name: 'two' })
    const { rows } = await admin.query(`SELECT request_id FROM outbox WHERE subject = 'one'`)
    t.same(rows, [{ request_id: scope.requestId }])
  },
)
