// The list of a tenant's events over HTTP: its filters, its pages, and whose events it shows.

import { randomUUID } from 'node:crypto'
import { EVENT_KINDS } from '@postern/contracts/event-kinds'
import t from 'tap'
import { setup as setUp } from '../fixtures/in-process.ts'
import { addApiKey, addEvent, addTenant, type TestTenant } from '../fixtures/trail.ts'

interface Listed {
  success: boolean
  data: { items: { id: string; occurred_at: string }[]; next_cursor: string | null } | null
  error: { code: string; details?: { path: string; problem: string }[] } | null
  meta: { request_id: string }
}

async function setup(t: Parameters<typeof setUp>[0]) {
  const parts = await setUp(t)
  const tenant = await addTenant(parts.admin)
  const list = async (query: Record<string, string> | string = '', who: TestTenant = tenant) => {
    const text = typeof query === 'string' ? query : new URLSearchParams(query).toString()
    const answer = await parts.app.inject({ url: `/v1/events${text && `?${text}`}`, headers: who.headers })
    return { status: answer.statusCode, headers: answer.headers, body: answer.json<Listed>() }
  }
  const idsOf = async (query: Record<string, string> | string = '', who: TestTenant = tenant) => {
    const { status, body } = await list(query, who)
    if (status !== 200) throw new Error(`answered ${status}: ${JSON.stringify(body.error)}`)
    return body.data?.items.map((item) => item.id) ?? []
  }
  return { ...parts, tenant, list, idsOf }
}

t.test('events come newest first, with everything they tell', async (t) => {
  const { admin, tenant, list, idsOf } = await setup(t)
  const challenge = randomUUID()
  const requestId = randomUUID()
  const older = await addEvent(admin, tenant.id, { occurredAt: '2026-11-20T12:00:00.000001Z' })
  const newest = await addEvent(admin, tenant.id, {
    kind: 'challenge.refused',
    actor: 'api_key:k:1',
    subject: `challenge:${challenge}`,
    occurredAt: '2026-11-20T12:00:00.000002Z',
    requestId,
    outcome: 'refused',
    reason: 'expired',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    data: { deep: { list: [1, 'two', null, true] }, text: 'ü' },
  })
  const { status, body } = await list()
  t.equal(status, 200)
  t.equal(body.data?.next_cursor, null)
  const { recorded_at, ...shown } = (body.data?.items[0] ?? {}) as Record<string, unknown>
  t.same(shown, {
    id: newest,
    kind: 'challenge.refused',
    tenant_id: tenant.id,
    occurred_at: '2026-11-20T12:00:00.000Z',
    actor: { type: 'api_key', id: 'k:1' },
    subject: { type: 'challenge', id: challenge },
    request: { id: requestId },
    outcome: 'refused',
    reason: 'expired',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    data: { deep: { list: [1, 'two', null, true] }, text: 'ü' },
  })
  t.match(recorded_at, /^\d{4}-\d\d-\d\dT.*Z$/)
  t.same(await idsOf(), [newest, older])
})

t.test('each kind of the contracts can be asked for', async (t) => {
  const { admin, tenant, idsOf } = await setup(t)
  for (const kind of Object.keys(EVENT_KINDS)) {
    const id = await addEvent(admin, tenant.id, { kind })
    t.same(await idsOf({ kind }), [id], kind)
  }
})

t.test('subject, since and until narrow the list, alone and together', async (t) => {
  const { admin, tenant, idsOf } = await setup(t)
  const subject = `user:${randomUUID()}`
  const at = (second: number) => `2026-11-20T12:00:${String(second).padStart(2, '0')}Z`
  const ids: string[] = []
  for (let second = 0; second < 6; second++) {
    const mine = second % 2 === 0 ? { subject } : { kind: 'session.opened' }
    ids.push(await addEvent(admin, tenant.id, { occurredAt: at(second), ...mine }))
  }
  const picked = (...seconds: number[]) => seconds.map((second) => ids[second])
  t.same(await idsOf({ subject }), picked(4, 2, 0))
  t.same(await idsOf({ subject: `user:${randomUUID()}` }), [])
  t.same(await idsOf({ since: at(4) }), picked(5, 4), 'since is within')
  t.same(await idsOf({ until: at(2) }), picked(1, 0), 'until is not')
  t.same(await idsOf({ since: at(1), until: at(4) }), picked(3, 2, 1))
  t.same(await idsOf({ since: at(1), until: at(5), subject }), picked(4, 2))
  t.same(await idsOf({ since: at(1), kind: 'session.opened' }), picked(5, 3, 1))
  t.same(await idsOf({ since: at(4), until: at(4) }), [])
  t.same(await idsOf({ since: '2026-11-20T14:00:04+02:00' }), picked(5, 4), 'another zone')
  t.same(await idsOf({ since: '2026-11-20T12:00:04.000Z', limit: '1' }), picked(5))
})

t.test('a page holds fifty events unless told, two hundred at most', async (t) => {
  const { admin, tenant, idsOf } = await setup(t)
  await admin.query(
    `INSERT INTO audit_events (tenant_id, id, kind, occurred_at, actor, subject, outcome, data)
     SELECT $1, uuidv7(), 'user.created', now(), 'service:test', 'user:x', 'success', '{}' FROM generate_series(1, 250)`,
    [tenant.id],
  )
  t.equal((await idsOf()).length, 50)
  t.equal((await idsOf('limit=1')).length, 1)
  t.equal((await idsOf('limit=200')).length, 200)
})

t.test('a tenant sees its own events and no others, whatever it asks for', async (t) => {
  const { admin, tenant, list, idsOf } = await setup(t)
  const other = await addTenant(admin)
  const subject = `user:${randomUUID()}`
  const mine = await addEvent(admin, tenant.id, { subject, occurredAt: '2026-11-20T12:00:00Z' })
  const theirs = await addEvent(admin, other.id, { subject, occurredAt: '2026-11-20T12:00:01Z' })
  await addEvent(admin, other.id, { subject, occurredAt: '2026-11-20T11:00:00Z' })
  t.same(await idsOf(), [mine])
  t.same(await idsOf({ subject }), [mine])
  t.same(await idsOf({ since: '2026-01-01T00:00:00Z', kind: 'user.created' }), [mine])
  const theirPage = await list('limit=1', other)
  t.equal(theirPage.body.data?.items[0]?.id, theirs)
  const cursor = theirPage.body.data?.next_cursor ?? ''
  t.same(await idsOf({ cursor }), [mine], 'another tenant’s cursor is a place and shows nothing of theirs')
})

t.test('the caller must hold a key with audit:read of an active tenant', async (t) => {
  const { admin, app, tenant, list } = await setup(t)
  const none = await app.inject({ url: '/v1/events' })
  t.equal(none.statusCode, 401)
  t.ok(none.headers['www-authenticate'])
  t.equal(none.json<Listed>().error?.code, 'UNAUTHENTICATED')
  const stranger = await addTenant(admin, ['challenges:write', 'users:read'])
  const forbidden = await list('', stranger)
  t.equal(forbidden.status, 403)
  t.equal(forbidden.body.error?.code, 'FORBIDDEN')
  const revoked = await addApiKey(admin, tenant.id, ['audit:read'])
  await admin.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [revoked.id])
  t.equal((await list('', { ...tenant, headers: revoked.headers })).status, 401)
  const disabled = await addTenant(admin)
  await admin.query('UPDATE tenants SET is_active = false WHERE id = $1', [disabled.id])
  t.equal((await list('', disabled)).status, 401)
  t.equal((await list()).status, 200)
})

const MALFORMED: [string, string][] = [
  ['kind', 'kind=user.deleted'],
  ['kind', 'kind='],
  ['kind', 'kind=user.created&kind=session.opened'],
  ['subject', 'subject='],
  ['subject', 'subject=user'],
  ['subject', 'subject=user:'],
  ['subject', `subject=user:${'x'.repeat(65)}`],
  ['subject', 'subject=USER:1'],
  ['subject', 'subject=user:1%0A'],
  ['subject', 'subject=user:%27'],
  ['since', 'since='],
  ['since', 'since=yesterday'],
  ['since', 'since=2026-11-20'],
  ['since', 'since=2026-11-20T12:00:00'],
  ['since', 'since=2026-13-20T12:00:00Z'],
  ['since', 'since=2026-02-30T12:00:00Z'],
  ['since', 'since=2016-12-31T23:59:60Z'],
  ['since', 'since=1763640000'],
  ['since', 'since=2026-11-20T12:00:00%2B23:59'],
  ['until', 'until=2026-11-20T12:00:00'],
  ['until', 'until=now'],
  ['until', 'until=9999-12-31T23:59:59Z'],
  ['limit', 'limit='],
  ['limit', 'limit=0'],
  ['limit', 'limit=-1'],
  ['limit', 'limit=201'],
  ['limit', 'limit=1.5'],
  ['limit', 'limit=ten'],
  ['limit', 'limit=10&limit=20'],
  ['limit', 'limit=99999999999999999999'],
  ['cursor', 'cursor='],
  ['cursor', 'cursor=1'],
  ['cursor', `cursor=${'A'.repeat(31)}`],
  ['cursor', `cursor=${'A'.repeat(33)}`],
  ['cursor', `cursor=${'A'.repeat(31)}%3D`],
  ['cursor', `cursor=f${'_'.repeat(31)}`],
  ['cursor', `cursor=${'A'.repeat(201)}`],
  ['page', 'page=2'],
  ['tenant_id', `tenant_id=${randomUUID()}`],
]

t.test('every parameter is refused when it is malformed, and the answer names it', async (t) => {
  const { admin, tenant, list } = await setup(t)
  await addEvent(admin, tenant.id)
  for (const [parameter, query] of MALFORMED) {
    const { status, body } = await list(query)
    t.equal(status, 400, query)
    t.match(body, { success: false, data: null, error: { code: 'VALIDATION_FAILED' } }, query)
    t.equal(body.error?.details?.[0]?.path, `query.${parameter}`, query)
    t.match(body.meta.request_id, /^[0-9a-f-]{36}$/)
  }
  t.comment(`${MALFORMED.length} malformed queries`)
})

t.test('other methods and bodies are refused', async (t) => {
  const { app, tenant } = await setup(t)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    const answer = await app.inject({ method, url: '/v1/events', headers: tenant.headers })
    t.equal(answer.statusCode, 405, method)
    t.equal(answer.json<Listed>().error?.code, 'METHOD_NOT_ALLOWED')
  }
})
