// Pages stand still while the trail moves: whatever is recorded or removed between two pages, what was there all the
// time is shown exactly once, in its order, and nothing is shown twice.

import fc from 'fast-check'
import type { Pool } from 'pg'
import t from 'tap'
import { v4 as uuid } from 'uuid'
import { setup } from '../fixtures/in-process.ts'
import { addTenant, type TestTenant } from '../fixtures/trail.ts'

interface Made {
  id: string
  micros: number
}

interface Page {
  data: { items: { id: string }[]; next_cursor: string | null }
}

/** Within a few microseconds of each other, so that most share their instant with another. */
const offsets = (min: number, max: number) =>
  fc.array(fc.integer({ min: 0, max: 12 }), { minLength: min, maxLength: max })

const walk = fc.record({
  limit: fc.integer({ min: 1, max: 7 }),
  first: offsets(3, 25),
  // What happens before the second page, the third, …
  between: fc.array(fc.record({ added: offsets(0, 4), removed: fc.nat({ max: 2 }) }), { maxLength: 6 }),
})

async function add(admin: Pool, tenant: TestTenant, micros: number[]): Promise<Made[]> {
  const made = micros.map((offset) => ({ id: uuid(), micros: offset }))
  await admin.query(
    `INSERT INTO audit_events (tenant_id, id, kind, occurred_at, actor, subject, outcome, data)
     SELECT $1, id, 'user.created', '2026-11-20T12:00:00Z'::timestamptz + n * interval '1 microsecond', 'service:test',
            'user:x', 'success', '{}' FROM unnest($2::uuid[], $3::int[]) AS made (id, n)`,
    [tenant.id, made.map((event) => event.id), micros],
  )
  return made
}

/** Newest first, then by id from the end, as the database compares ids: byte by byte. */
const inOrder = (events: Made[]) =>
  [...events].sort((a, b) => b.micros - a.micros || (a.id < b.id ? 1 : -1)).map((event) => event.id)

t.test('what was there all the time is shown once and in order, and nothing twice', async (t) => {
  const { admin, app } = await setup(t)
  let pages = 0
  const read = async (tenant: TestTenant, limit: number, cursor: string | null) => {
    const query = `limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`
    const answer = await app.inject({ url: `/v1/events?${query}`, headers: tenant.headers })
    pages++
    return answer.json<Page>().data
  }
  const property = fc.asyncProperty(walk, async ({ limit, first, between }) => {
    const tenant = await addTenant(admin)
    let there = await add(admin, tenant, first)
    const shown: string[] = []
    let cursor: string | null = null
    for (let turn = 0; ; turn++) {
      const page = await read(tenant, limit, cursor)
      if (page.items.length > limit) return false
      shown.push(...page.items.map((item) => item.id))
      cursor = page.next_cursor
      if (cursor === null) break
      const { added, removed } = between[turn] ?? { added: [], removed: 0 }
      await add(admin, tenant, added)
      const gone = there.slice(0, removed).map((event) => event.id)
      await admin.query('DELETE FROM audit_events WHERE id = ANY ($1)', [gone])
      there = there.slice(removed)
    }
    const stayed = new Set(there.map((event) => event.id))
    const seen = shown.filter((id) => stayed.has(id))
    return new Set(shown).size === shown.length && seen.join() === inOrder(there).join()
  })
  await fc.assert(property, { numRuns: 60 })
  t.ok(pages > 60, 'most walks have several pages')
  t.comment(`60 walks, ${pages} pages`)
})

t.test('a cursor is given exactly when something is behind the page', async (t) => {
  const { admin, app } = await setup(t)
  const tenant = await addTenant(admin)
  await add(admin, tenant, [1, 2, 3, 4])
  const page = async (limit: number) =>
    (await app.inject({ url: `/v1/events?limit=${limit}`, headers: tenant.headers })).json<Page>().data
  t.ok((await page(3)).next_cursor)
  t.equal((await page(4)).next_cursor, null)
  t.equal((await page(5)).next_cursor, null)
})

t.test('the list is read from an index, however it is filtered', async (t) => {
  const { admin } = await setup(t)
  const tenant = await addTenant(admin)
  const client = await admin.connect()
  t.teardown(() => client.release())
  await client.query(
    `INSERT INTO audit_events (tenant_id, id, kind, occurred_at, actor, subject, outcome, data)
     SELECT CASE n % 2 WHEN 0 THEN $1 ELSE uuidv7() END, uuidv7(), 'k' || n % 9, now() - n * interval '1 second',
            'a:b', 's:' || n % 97, 'success', '{}' FROM generate_series(1, 20000) AS n`,
    [tenant.id],
  )
  await client.query('ANALYZE audit_events')
  await client.query('SET ROLE postern_audit')
  await client.query(`SELECT set_config('app.tenant_id', $1, false)`, [tenant.id])
  for (const filter of ['true', `kind = 'k1'`, `subject = 's:5'`, `(occurred_at, id) < (now(), uuidv7())`]) {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT id FROM audit_events WHERE ${filter} ORDER BY occurred_at DESC, id DESC LIMIT 51`,
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    t.match(plan, /Index (Only )?Scan Backward/, filter)
    t.notMatch(plan, /Sort/, filter)
  }
})
