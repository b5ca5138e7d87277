// A message of the tenant's own: taken once, sealed, counted, told once; what could not be sent is refused at once.

import t from 'tap'
import { eventsOf, freshEmail, mailedPayload, newTenant, openGateway, openHouse } from '../setup.ts'
import { rowOf } from './delivery-rows.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const { admin } = house

const DAY = 86_400
const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString()
const notice = (more: object = {}) => ({
  channel: 'email',
  to: freshEmail(),
  template: 'notice',
  variables: { title: 'Parcel', body: 'It is at the door.' },
  ...more,
})
const post = '/v1/deliveries'
const refusal = (path: string) => ({
  status: 400,
  body: { error: { code: 'VALIDATION_FAILED', details: [{ path }] } },
})

t.test('a message is taken, sealed, pinned to its template, and told once', async (t) => {
  const tenant = await newTenant(gateway)
  const to = freshEmail()
  const { status, body } = await tenant.call('POST', post, notice({ to, locale: 'de-AT' }))
  t.equal(status, 202)
  t.match(body.data, { channel: 'email', status: 'pending', template: 'notice', challenge_id: null })
  const { id } = body.data
  t.same(await mailedPayload(gateway, id), {
    v: 1,
    to,
    template: { name: 'notice', locale: 'de', version: 0 },
    variables: { title: 'Parcel', body: 'It is at the door.' },
  })
  const { rows } = await admin.query(
    `SELECT template_locale, template_version, locale, length(recipient_digest) AS digest, payload,
            extract(epoch FROM expires_at - send_at)::integer AS life FROM deliveries WHERE id = $1`,
    [id],
  )
  t.match(rows, [{ template_locale: 'de', template_version: 0, locale: 'de-AT', digest: 32, life: DAY }])
  t.notOk(rows[0].payload.includes(to))
  const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'delivery.created')
  t.match(told, [{ subject: `delivery:${id}`, outcome: 'success' }])
  t.equal(told.length, 1)
  t.match((await tenant.call('GET', `${post}/${id}`)).body.data, { id, attempts: [], receipts: [] })
})

t.test('a message is written by the version that was the newest when it was asked for', async (t) => {
  const tenant = await newTenant(gateway)
  const put = (text: string) =>
    tenant.call('PUT', '/v1/templates/parcel/en', { email: { subject: 'Parcel', text } })
  t.equal((await put('Dear {{ name }}, it is here.')).status, 200)
  const { body } = await tenant.call('POST', post, notice({ template: 'parcel', variables: { name: 'Ada' } }))
  await put('Dear {{ name }}, it has gone back.')
  const later = await tenant.call('POST', post, notice({ template: 'parcel', variables: { name: 'Ada' } }))
  const versionOf = async (id: string) =>
    (await admin.query('SELECT template_version AS v FROM deliveries WHERE id = $1', [id])).rows[0].v
  t.same([await versionOf(body.data.id), await versionOf(later.body.data.id)], [1, 2])
  t.match(
    await tenant.call('POST', post, notice({ template: 'parcel', variables: {} })),
    refusal('body.variables.name'),
  )
  const other = await newTenant(gateway)
  const theirs = notice({ template: 'parcel', variables: { name: 'Ada' } })
  t.match(await other.call('POST', post, theirs), refusal('body.template'), 'another tenant’s is not there')
})

t.test('what cannot be sent is refused and leaves nothing', async (t) => {
  const tenant = await newTenant(gateway)
  for (const [more, path] of [
    [{ to: 'ada@example.com,eve@example.com' }, 'body.to'],
    [{ to: 'ada＠example.com' }, 'body.to'],
    [{ channel: 'sms' }, 'body.to'],
    [{ channel: 'sms', to: '015123456789' }, 'body.to'],
    [{ template: 'nowhere' }, 'body.template'],
    [{ template: 'otp' }, 'body.template'],
    [{ template: 'magic_link' }, 'body.template'],
    [{ variables: { title: 'Parcel' } }, 'body.variables.body'],
    [{ send_at: at(90 * DAY + 60) }, 'body.send_at'],
    [{ expires_at: at(30) }, 'body.expires_at'],
    [{ expires_at: at(-30) }, 'body.expires_at'],
    [{ expires_at: at(7 * DAY + 120) }, 'body.expires_at'],
    [{ send_at: at(DAY), expires_at: at(DAY - 60) }, 'body.expires_at'],
  ] as const)
    t.match(await tenant.call('POST', post, notice(more)), refusal(path), JSON.stringify(more))
  t.equal((await tenant.call('POST', post, notice({ status: 'accepted' }))).status, 400)
  const { rowCount } = await admin.query('SELECT FROM deliveries WHERE tenant_id = $1', [tenant.id])
  t.equal(rowCount, 0)
  t.same(await eventsOf(gateway, tenant.id).then((all) => all.filter(({ kind }) => kind.startsWith('d'))), [])
})

t.test('a message waits for its time and for its expiry', async (t) => {
  const tenant = await newTenant(gateway)
  const [sendAt, expiresAt] = [at(90 * DAY - 60), at(91 * DAY)]
  const { body } = await tenant.call('POST', post, notice({ send_at: sendAt, expires_at: expiresAt }))
  t.match(body.data, { status: 'scheduled', send_at: sendAt, expires_at: expiresAt })
  t.match(await rowOf(admin, body.data.id), { due_at: new Date(sendAt) })
})

t.test('a repeat with its Idempotency-Key makes no second message and is not counted', async (t) => {
  const tenant = await newTenant(gateway)
  const ask = notice()
  const key = { 'idempotency-key': 'parcel-1' }
  const first = await tenant.call('POST', post, ask, key)
  const again = await tenant.call('POST', post, ask, key)
  t.equal(again.status, 202)
  t.same(again.body.data, first.body.data)
  t.equal(again.headers['idempotency-replayed'], 'true')
  t.match(await tenant.call('POST', post, notice(), key), { status: 422 })
  const { rows } = await admin.query(
    `SELECT (SELECT count(*) FROM deliveries WHERE tenant_id = $1)::integer AS made,
            (SELECT sum(message_sends) FROM identifier_guards WHERE tenant_id = $1)::integer AS counted`,
    [tenant.id],
  )
  t.same(rows, [{ made: 1, counted: 1 }])
})

t.test(
  'of 100 messages to one recipient at once 20 are sent, whatever the plus-tag; it is told once',
  async (t) => {
    const tenant = await newTenant(gateway)
    const name = freshEmail().split('@')[0]
    const to = (n: number) => (n % 2 ? `${name}@example.com` : `${name}+tag${n}@example.com`)
    const hundred = Array.from({ length: 100 }, (_, n) => tenant.call('POST', post, notice({ to: to(n) })))
    const answers = await Promise.all(hundred)
    t.equal(answers.filter(({ status }) => status === 202).length, 20)
    const refused = answers.filter(({ status }) => status === 429)
    t.equal(refused.length, 80)
    t.ok(refused.every(({ headers }) => Number(headers['retry-after']) > 3_500))
    t.equal(refused[0]?.headers['ratelimit-policy'], '"messages";q=20;w=3600')
    const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'limit.hit')
    t.match(told, [{ reason: 'message_sends', outcome: 'refused' }])
    t.equal(told.length, 1)
    const other = await tenant.call('POST', post, notice())
    t.equal(other.status, 202, 'others are not concerned')
  },
)

t.test('messages use up no links and codes, and those no messages', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  for (let n = 0; n < 20; n++) t.equal((await tenant.call('POST', post, notice({ to: email }))).status, 202)
  t.equal((await tenant.call('POST', post, notice({ to: email }))).status, 429)
  const link = () => tenant.call('POST', '/v1/magic-links', { email })
  for (let n = 0; n < 5; n++) t.equal((await link()).status, 202)
  t.equal((await link()).status, 429, 'they have their own five')
  await admin.query(
    `UPDATE identifier_guards SET message_window_started_at = now() - interval '1 hour 1 second' WHERE tenant_id = $1`,
    [tenant.id],
  )
  t.equal((await tenant.call('POST', post, notice({ to: email }))).status, 202, 'a new window begins')
  t.equal((await link()).status, 429)
})

t.test('a test destination is sent nothing', async (t) => {
  const tenant = await newTenant(gateway, undefined, {
    test_destinations: [{ to: 'demo@example.com', code: '123456' }],
  })
  const { body } = await tenant.call('POST', post, notice({ to: 'demo@example.com' }))
  const { rows } = await admin.query('SELECT decoy FROM deliveries WHERE id = $1', [body.data.id])
  t.same(rows, [{ decoy: true }])
})

t.test('usage counts by day, channel and status, of the tenant alone, within 31 days', async (t) => {
  const [tenant, other] = [await newTenant(gateway), await newTenant(gateway)]
  await tenant.call('POST', post, notice({ send_at: at(DAY) }))
  await tenant.call('POST', post, notice({ send_at: at(DAY) }))
  await tenant.call('POST', post, notice({ send_at: at(DAY), channel: 'sms', to: '+4915123456789' }))
  await other.call('POST', post, notice({ send_at: at(DAY) }))
  // All of one day, also where the next begins meanwhile.
  const { rows } = await admin.query(
    `UPDATE deliveries SET created_at = (SELECT min(created_at) FROM deliveries WHERE tenant_id = $1)
      WHERE tenant_id = $1 RETURNING to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day`,
    [tenant.id],
  )
  const day: string = rows[0].day
  const { status, body } = await tenant.call('GET', '/v1/usage')
  t.equal(status, 200)
  t.same(body.data.items, [
    { day, channel: 'email', status: 'scheduled', count: 2 },
    { day, channel: 'sms', status: 'scheduled', count: 1 },
  ])
  t.equal(Date.parse(body.data.until) - Date.parse(body.data.since), 30 * DAY * 1_000)
  t.same((await tenant.call('GET', '/v1/usage?since=2026-01-01&until=2026-01-31')).body.data.items, [])
  for (const query of [
    'since=2026-01-01&until=2026-02-01',
    'since=2026-02-01&until=2026-01-01',
    'since=0000-01-01',
  ])
    t.equal((await tenant.call('GET', `/v1/usage?${query}`)).status, 400, query)
})

t.test('what vendors said of a message is shown with it', async (t) => {
  const tenant = await newTenant(gateway)
  const { body } = await tenant.call('POST', post, notice({ send_at: at(DAY) }))
  await admin.query(
    `INSERT INTO webhook_receipts (tenant_id, provider, event_key, delivery_id, attempt, status, occurred_at)
     VALUES ($1, 'sendgrid', sha256('a'), $2, 1, 'delivered', '2026-11-20T12:00:00Z'),
            ($1, 'sendgrid', sha256('b'), $2, 1, 'deferred', '2026-11-20T11:00:00Z')`,
    [tenant.id, body.data.id],
  )
  t.same((await tenant.call('GET', `${post}/${body.data.id}`)).body.data.receipts, [
    { status: 'deferred', provider: 'sendgrid', occurred_at: '2026-11-20T11:00:00.000Z' },
    { status: 'delivered', provider: 'sendgrid', occurred_at: '2026-11-20T12:00:00.000Z' },
  ])
})
