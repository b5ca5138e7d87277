// One event by its id: the tenant's own, and nothing that tells whether another's exists.

import { randomUUID } from 'node:crypto'
import t from 'tap'
import { setup } from '../fixtures/in-process.ts'
import { addEvent, addTenant } from '../fixtures/trail.ts'

t.test('an event is read as the list shows it', async (t) => {
  const { admin, app } = await setup(t)
  const tenant = await addTenant(admin)
  const id = await addEvent(admin, tenant.id, { data: { a: [{ b: 1 }] }, reason: 'why' })
  const one = await app.inject({ url: `/v1/events/${id}`, headers: tenant.headers })
  const list = await app.inject({ url: '/v1/events', headers: tenant.headers })
  t.equal(one.statusCode, 200)
  t.same(one.json().data, list.json().data.items[0])
  t.match(one.json(), {
    success: true,
    error: null,
    data: { id, tenant_id: tenant.id, data: { a: [{ b: 1 }] } },
  })
})

t.test('another tenant’s event, an unrecorded one and one that never was are answered alike', async (t) => {
  const { admin, app } = await setup(t)
  const tenant = await addTenant(admin)
  const other = await addTenant(admin)
  const theirs = await addEvent(admin, other.id)
  const mine = await addEvent(admin, tenant.id)
  const { rows } = await admin.query<{ id: string }>(
    `INSERT INTO outbox (tenant_id, kind, actor, subject, outcome, due_at)
     VALUES ($1, 'user.created', 'x:y', 'x:y', 'success', now() + interval '1 hour') RETURNING id`,
    [tenant.id],
  )
  const bodies: unknown[] = []
  for (const id of [theirs, rows[0]?.id ?? '', randomUUID()]) {
    const answer = await app.inject({ url: `/v1/events/${id}`, headers: tenant.headers })
    t.equal(answer.statusCode, 404, id)
    const { meta, ...body } = answer.json<{ meta: unknown; error: { code: string } }>()
    t.equal(body.error.code, 'NOT_FOUND')
    t.ok(meta)
    bodies.push(body)
  }
  t.same(bodies[1], bodies[0])
  t.same(bodies[2], bodies[0])
  const own = await app.inject({ url: `/v1/events/${mine}`, headers: tenant.headers })
  t.equal(own.statusCode, 200)
})

t.test('an id that is none, an unknown parameter, a missing key or scope are refused', async (t) => {
  const { admin, app } = await setup(t)
  const tenant = await addTenant(admin)
  const id = await addEvent(admin, tenant.id)
  const status = async (path: string, headers: Record<string, string> = tenant.headers) =>
    (await app.inject({ url: `/v1/events/${path}`, headers })).statusCode
  t.equal(await status('1'), 400)
  t.equal(await status(`${id}0`), 400)
  t.equal(await status(`${id}?deep=1`), 400)
  t.equal(await status(`${id}/proof/of`), 404)
  t.equal(await status(id, {}), 401)
  t.equal(await status(id, (await addTenant(admin, ['users:read'])).headers), 403)
  t.equal(await status(id.toUpperCase()), 200, 'a UUID is read in either case (RFC 9562)')
})
