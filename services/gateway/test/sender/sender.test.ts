// A tenant's senders: the operator's alone, held to their provider's form, told to the trail, and never a credential.

import t from 'tap'
import { bearer, eventsOf, newTenant, openGateway, openHouse, operator } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

const SES = {
  channel: 'email',
  provider: 'ses',
  settings: { region: 'eu-west-1', from: 'sign-in@acme.example' },
  secret: 'acme-ses',
}
const TWILIO = {
  channel: 'sms',
  provider: 'twilio',
  settings: { account_sid: `AC${'0a'.repeat(16)}`, from: '+15005550006' },
  secret: 'acme-twilio',
}

async function setup() {
  const tenant = await newTenant(gateway)
  const url = `/v1/tenants/${tenant.id}/senders`
  const create = (body: object) => operator(gateway, 'POST', url, body)
  const list = async (query = '') => (await operator(gateway, 'GET', `${url}${query}`)).body.data.items
  return { tenant, url, create, list }
}

t.test('only the operator reads and changes them', async (t) => {
  const { tenant, url } = await setup()
  for (const [method, path] of [
    ['POST', url],
    ['GET', url],
    ['PATCH', `${url}/${tenant.id}`],
    ['DELETE', `${url}/${tenant.id}`],
  ] as const) {
    for (const headers of [{}, bearer(tenant.key)]) {
      const { status } = await gateway.call({ method, url: path, headers, payload: {} })
      t.equal(status, 401, `${method} ${path}`)
    }
  }
})

t.test('a sender reads back as it was made and changed, and each change is told once', async (t) => {
  const { tenant, url, create, list } = await setup()
  const { status, body } = await create(SES)
  t.equal(status, 201)
  const { id } = body.data
  t.match(body.data, { ...SES, position: 0, enabled: true })
  const change = { position: 7, enabled: false, settings: { region: 'us-east-1' } }
  t.match((await operator(gateway, 'PATCH', `${url}/${id}`, change)).body.data, {
    ...change,
    secret: 'acme-ses',
  })
  t.match(await list(), [{ id, ...change }])
  for (let n = 0; n < 2; n++) {
    const removed = await operator(gateway, 'DELETE', `${url}/${id}`)
    t.same([removed.status, removed.body.data], [200, { id, deleted: true }])
  }
  t.same(await list(), [])
  const told = (await eventsOf(gateway, tenant.id)).filter(({ subject }) => subject === `sender:${id}`)
  t.same(
    told.map(({ kind, actor }) => [kind, actor]),
    ['created', 'updated', 'removed'].map((what) => [`sender.${what}`, 'operator:admin']),
  )
})

t.test('those who change different fields of one sender at once all have their way', async (t) => {
  const { url, create, list } = await setup()
  const { id } = (await create(SES)).body.data
  const changes = [
    { position: 7 },
    { enabled: false },
    { secret: 'other' },
    { settings: { region: 'us-east-1' } },
  ]
  for (const { status } of await Promise.all(
    changes.map((change) => operator(gateway, 'PATCH', `${url}/${id}`, change)),
  ))
    t.equal(status, 200)
  t.match(await list(), [Object.assign({}, ...changes)])
})

t.test('they are listed in the order in which they are asked; a new one comes last', async (t) => {
  const { create, list } = await setup()
  for (const position of [5, undefined, 2]) await create({ ...SES, position })
  await create(TWILIO)
  t.same(
    (await list('?channel=email')).map(({ position }: { position: number }) => position),
    [2, 5, 6],
  )
  t.same(
    (await list()).map(({ channel }: { channel: string }) => channel),
    ['email', 'email', 'email', 'sms'],
  )
})

t.test('another tenant’s sender is not there, to read, change or remove', async (t) => {
  const [mine, other] = [await setup(), await setup()]
  const { id } = (await mine.create(SES)).body.data
  t.same(await other.list(), [])
  t.equal((await operator(gateway, 'PATCH', `${other.url}/${id}`, { enabled: false })).status, 404)
  await operator(gateway, 'DELETE', `${other.url}/${id}`)
  t.match(await mine.list(), [{ id, enabled: true }])
  t.equal((await operator(gateway, 'POST', `/v1/tenants/${id}/senders`, SES)).status, 404)
})

const smtp = (settings: object) => ({ channel: 'email', provider: 'smtp', settings })
const SMTP = { host: 'mail.acme.example', port: 587, tls: 'starttls' }

t.test('every provider’s own settings are taken', async (t) => {
  const { create } = await setup()
  for (const body of [
    { channel: 'email', provider: 'sendgrid', settings: {}, secret: 'acme' },
    SES,
    smtp(SMTP),
    { ...smtp(SMTP), secret: 'acme-smtp' },
    {
      channel: 'email',
      provider: 'gateway',
      settings: { url: 'https://mail.acme.example/send' },
      secret: 'gw',
    },
    TWILIO,
    {
      ...TWILIO,
      settings: { account_sid: TWILIO.settings.account_sid, messaging_service_sid: `MG${'0a'.repeat(16)}` },
    },
    {
      channel: 'sms',
      provider: 'gateway',
      settings: { url: 'https://sms.acme.example/', from: 'Acme' },
      secret: 'gw',
    },
  ]) {
    const { status, body: answer } = await create(body)
    t.equal(status, 201, `${body.provider} ${JSON.stringify(answer.error)}`)
  }
})

/** A credential wherever somebody might put it, and what else no sender can be made of. */
const REFUSED: readonly (readonly [what: string, body: object, path: string])[] = [
  [
    'a key in the settings',
    { ...SES, settings: { ...SES.settings, secret_access_key: 'canary' } },
    'body.settings.secret_access_key',
  ],
  ['a password in the settings', smtp({ ...SMTP, password: 'canary' }), 'body.settings.password'],
  [
    'a password in an address',
    { ...SES, settings: { region: 'eu-west-1', url: 'https://u:canary@x.example' } },
    'body.settings.url',
  ],
  [
    'a key in a query',
    { ...SES, settings: { region: 'eu-west-1', url: 'https://x.example?key=canary' } },
    'body.settings.url',
  ],
  ['a key in place of its file’s name', { ...SES, secret: 'SG.canary-canary' }, 'body.secret'],
  ['a path in place of its file’s name', { ...SES, secret: '../canary' }, 'body.secret'],
  ['a key beside the settings', { ...SES, api_key: 'canary' }, 'body.api_key'],
  ['no secret where one is needed', { ...SES, secret: undefined }, 'body.secret'],
  ['a vendor of the other channel', { ...SES, channel: 'sms' }, 'body.provider'],
  ['an unknown vendor', { ...SES, provider: 'pigeon' }, 'body.provider'],
  ['no region', { ...SES, settings: {} }, 'body.settings'],
  ['a region that is an address', { ...SES, settings: { region: 'x.example/a' } }, 'body.settings.region'],
  ['a port as text', smtp({ ...SMTP, port: '587' }), 'body.settings.port'],
  ['a host with a port', smtp({ ...SMTP, host: 'mail.example:25' }), 'body.settings.host'],
  [
    'two addresses as sender',
    { ...SES, settings: { ...SES.settings, from: 'a@b.example, c@d.example' } },
    'body.settings.from',
  ],
  [
    'two senders of an SMS',
    { ...TWILIO, settings: { ...TWILIO.settings, messaging_service_sid: `MG${'0a'.repeat(16)}` } },
    'body.settings.from',
  ],
  [
    'no sender of an SMS',
    { ...TWILIO, settings: { account_sid: TWILIO.settings.account_sid } },
    'body.settings.from',
  ],
  ['a position beyond the list', { ...SES, position: 100 }, 'body.position'],
]

t.test('what no sender can be made of is refused by its place, and nothing is repeated', async (t) => {
  const { tenant, url, create, list } = await setup()
  for (const [what, body, path] of REFUSED) {
    const { status, body: answer } = await create(body)
    t.equal(status, 400, what)
    t.equal(answer.error.code, 'VALIDATION_FAILED', what)
    t.equal(answer.error.details[0].path, path, what)
    t.notMatch(JSON.stringify(answer), 'canary', what)
  }
  t.same(await list(), [])
  const { id } = (await create(SES)).body.data
  for (const change of [{ settings: { key: 'canary' } }, { secret: null }, { provider: 'smtp' }, {}])
    t.equal((await operator(gateway, 'PATCH', `${url}/${id}`, change)).status, 400, JSON.stringify(change))
  t.match(await list(), [SES])
  t.notMatch(gateway.logs.text(), 'canary')
  t.equal((await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind.startsWith('sender.')).length, 1)
})

t.test('of thirty made at once for one channel twenty are kept', async (t) => {
  const { create, list } = await setup()
  const answers = await Promise.all(Array.from({ length: 30 }, () => create(SES)))
  const count = (status: number) => answers.filter((answer) => answer.status === status).length
  t.same([count(201), count(409)], [20, 10])
  t.equal((await list()).length, 20)
  t.equal((await create(TWILIO)).status, 201, 'the other channel has room')
})

t.test('the same Idempotency-Key makes one sender', async (t) => {
  const { url, list } = await setup()
  const key = { 'idempotency-key': 'once' }
  const first = await operator(gateway, 'POST', url, SES, key)
  const again = await operator(gateway, 'POST', url, SES, key)
  t.same(again.body.data, first.body.data)
  t.equal((await list()).length, 1)
})
