// Previews: what a draft or a stored template would say, exactly as it would be sent; nothing is kept.

import t from 'tap'
import { eventsOf, newTenant, openGateway, openHouse, operator } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

async function setup(more: object = {}) {
  const tenant = await newTenant(gateway, ['deliveries:read', 'deliveries:write'], more)
  const preview = async (path: string, body: object) => {
    const answer = await tenant.call('POST', `/v1/templates/${path}/preview`, body)
    return answer.status === 200 ? answer.body.data : { status: answer.status, ...answer.body.error }
  }
  const put = (path: string, body: object) => tenant.call('PUT', `/v1/templates/${path}`, body)
  return { tenant, preview, put }
}

t.test('a draft is rendered with the variables that are given, and nothing is kept', async (t) => {
  const { tenant, preview } = await setup({ name: 'Acme' })
  const email = {
    subject: '{{ tenant_name }}: {{ order.number }}',
    html: '<ul>{% for item in items %}<li>{{ item.name }}{% endfor %}</ul>',
    text: '{% for item in items %}{{ item.name }} {{ item.price | times: 2 }}\n{% endfor %}',
  }
  const variables = {
    order: { number: '4711' },
    items: [
      { name: 'a & b', price: 1.5 },
      { name: '<i>', price: 2 },
    ],
    tenant_name: 'Somebody else',
  }
  t.same(await preview('order/de-at', { email, variables }), {
    channel: 'email',
    locale: 'de-AT',
    version: null,
    subject: 'Acme: 4711',
    html: '<ul><li>a &amp; b<li>&lt;i&gt;</ul>',
    text: 'a & b 3\n<i> 4\n',
  })
  const sms = { text: '{{ tenant_name }}!' }
  t.match(await preview('order/en', { sms }), { channel: 'sms', subject: null, html: null, text: 'Acme!' })
  t.match(await preview('order/en', { sms, email, channel: 'sms' }), { channel: 'sms' })
  t.equal((await tenant.call('GET', '/v1/templates/order/en')).status, 404)
  t.same(
    (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'template.changed'),
    [],
  )
})

t.test('without a draft it shows what would be sent now, by the chain of locales', async (t) => {
  const { tenant, preview, put } = await setup({ name: 'Acme', default_locale: 'fr' })
  const variables = { title: 'T', body: 'B' }
  t.match(await preview('notice/nl', { variables }), { locale: 'fr', version: 0, text: /envoyé par Acme/ })
  await put('notice/en', { sms: { text: 'E {{ title }}' } })
  t.match(await preview('notice/nl', { variables, channel: 'sms' }), {
    locale: 'en',
    version: 1,
    text: 'E T',
  })
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { default_locale: 'ja-JP' })
  await put('notice/ja', { sms: { text: 'J {{ title }}' } })
  t.match(await preview('notice/nl', { variables, channel: 'sms' }), {
    locale: 'ja',
    version: 1,
    text: 'J T',
  })
  await put('only_sms/en', { sms: { text: 'x' } })
  t.match(await preview('only_sms/en', {}), { channel: 'sms', text: 'x' })
  t.match(await preview('only_sms/en', { channel: 'email' }), { status: 404, code: 'NOT_FOUND' })
  t.match(await preview('nothing/en', {}), { status: 404 })
})

t.test('a variable that is missing is named; what fails says where', async (t) => {
  const { preview } = await setup()
  const sms = { text: 'Hi {{ name }},\nyour {{ order.number }}' }
  t.match(await preview('x/en', { sms }), {
    status: 400,
    code: 'VALIDATION_FAILED',
    details: [{ path: 'body.variables.name', problem: 'is missing' }],
  })
  t.match(await preview('x/en', { sms, variables: { name: 'A', order: {} } }), {
    details: [{ path: 'body.variables.order.number', problem: 'is missing' }],
  })
  t.match(await preview('x/en', { sms: { text: 'a\n{{ b | nothing }}' } }), {
    details: [{ path: 'body.sms.text', line: 2, column: 1 }],
  })
  t.match(await preview('x/en', { sms: { text: 'a\n{% for i in (1..999999999) %}{% endfor %}' } }), {
    details: [{ path: 'template.sms.text', line: 2, column: 1, problem: 'works on too much text' }],
  })
  t.match(await preview('x/en', { sms: { text: '{{ v }}' }, variables: { v: ' ' } }), {
    details: [{ problem: 'comes out empty' }],
  })
})

t.test('variables are plain data of bounded size', async (t) => {
  const { preview } = await setup()
  const sms = { text: 'x' }
  const refused = [
    { 'a b': 1 },
    { a: { b: { c: 1 } } },
    { a: [[1]] },
    { a: Array.from({ length: 101 }, () => 1) },
    { a: 'x'.repeat(10_001) },
    Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`v${n}`, n])),
    [],
    'x',
  ]
  for (const variables of refused) {
    t.match(
      await preview('x/en', { sms, variables }),
      { status: 400 },
      JSON.stringify(variables).slice(0, 60),
    )
  }
  const fine = { a: null, b: true, c: 1.5, d: ['x', { e: 1 }], constructor: 'c' }
  t.match(await preview('x/en', { sms: { text: '{{ constructor }}{{ d[1].e }}' }, variables: fine }), {
    text: 'c1',
  })
})

t.test('a preview of a code by SMS ends with the line that binds it to its site', async (t) => {
  const { preview } = await setup({ name: 'Acme' })
  const variables = { code: '031416', origin_domain: 'app.test' }
  const sms = { text: 'Acme: {{ code }}' }
  t.equal((await preview('otp/en', { sms, variables })).text, 'Acme: 031416\n@app.test #031416')
  t.match((await preview('otp/en', { channel: 'sms', variables })).text, /for Acme\..*\n@app\.test #031416$/)
})
