// The suppression list as its tenant sees it: who is on it, why, and how to take them off. Never an address, never others'.

import t from 'tap'
import { givenSent, receiptHouse, sendgridCall, sendgridEvent } from '../receipt/vendor-calls.ts'
import { eventsOf, freshEmail, newTenant, openGateway, type Tenant } from '../setup.ts'

const { house } = await receiptHouse(t)
const gateway = await openGateway(t, house)
const SCOPES = ['challenges:write', 'deliveries:read', 'deliveries:write']

/** The address complains about a link. */
async function complain(tenant: Tenant, email: string): Promise<void> {
  const issuing = { ...tenant, issue: () => tenant.issue({ email }) }
  const sent = await givenSent(gateway, issuing, 'sendgrid')
  const call = sendgridCall([sendgridEvent(sent, 'spamreport')])
  await gateway.call({ method: 'POST', ...call })
}

t.test('a tenant pages through its list, newest first, and sees no other’s', async (t) => {
  const [tenant, other] = [await newTenant(gateway, SCOPES), await newTenant(gateway, SCOPES)]
  for (let n = 0; n < 5; n += 1) await complain(tenant, freshEmail())
  await complain(other, freshEmail())
  const seen = []
  let cursor = ''
  for (let pages = 0; pages < 3; pages += 1) {
    const { body } = await tenant.call('GET', `/v1/suppressions?limit=2${cursor}`)
    seen.push(...body.data.items)
    cursor = `&cursor=${body.data.next_cursor}`
    t.equal(body.data.next_cursor === null, pages === 2)
  }
  for (const other of ['x', seen[0].id])
    t.equal((await tenant.call('GET', `/v1/suppressions?cursor=${other}`)).status, 400, 'no cursor of ours')
  t.equal(new Set(seen.map(({ id }) => id)).size, 5)
  t.strictSame(Object.keys(seen[0]), ['id', 'channel', 'reason', 'provider', 'created_at'])
  t.match(seen[0], { channel: 'email', reason: 'complaint', provider: 'sendgrid' })
  t.same(
    seen
      .map(({ id }) => id)
      .toSorted()
      .toReversed(),
    seen.map(({ id }) => id),
  )
  t.equal((await tenant.call('GET', '/v1/suppressions?channel=sms')).body.data.items.length, 0)
  t.equal((await other.call('GET', '/v1/suppressions')).body.data.items.length, 1)
})

t.test(
  'an address is looked for by what it is, in any spelling of it, and is told to nobody else',
  async (t) => {
    const [tenant, other] = [await newTenant(gateway, SCOPES), await newTenant(gateway, SCOPES)]
    const email = freshEmail()
    await complain(tenant, email)
    const search = (of: Tenant, body: object) => of.call('POST', '/v1/suppressions/search', body)
    t.equal((await search(tenant, { email: email.toUpperCase() })).body.data.items.length, 1)
    t.equal((await search(tenant, { email: freshEmail() })).body.data.items.length, 0)
    t.equal((await search(tenant, { phone: '+491701112223' })).body.data.items.length, 0)
    t.equal((await search(other, { email })).body.data.items.length, 0)
    t.equal((await search(tenant, { email: 'a@b.example, c@d.example' })).status, 400)
  },
)

t.test('whoever is taken off gets messages again; a repeat, and another’s id, change nothing', async (t) => {
  const [tenant, other] = [await newTenant(gateway, SCOPES), await newTenant(gateway, SCOPES)]
  const email = freshEmail()
  await complain(tenant, email)
  const [{ id }] = (await tenant.call('GET', '/v1/suppressions')).body.data.items
  t.equal((await other.call('DELETE', `/v1/suppressions/${id}`)).status, 200)
  t.equal((await tenant.call('GET', '/v1/suppressions')).body.data.items.length, 1)
  for (let n = 0; n < 2; n += 1) {
    const { status, body } = await tenant.call('DELETE', `/v1/suppressions/${id}`)
    t.match([status, body.data], [200, { id, removed: true }])
  }
  const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind.startsWith('suppression.'))
  t.match(told, [
    { kind: 'suppression.created', reason: 'complaint', actor: 'vendor:sendgrid' },
    { kind: 'suppression.removed', reason: 'complaint', subject: `suppression:${id}` },
  ])
  await complain(tenant, email)
  t.equal(
    (await tenant.call('GET', '/v1/suppressions')).body.data.items.length,
    1,
    'and listed anew if they bounce again',
  )
})

t.test('of 100 who take one recipient off at once one tells it', async (t) => {
  const tenant = await newTenant(gateway, SCOPES)
  await complain(tenant, freshEmail())
  const [{ id }] = (await tenant.call('GET', '/v1/suppressions')).body.data.items
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => tenant.call('DELETE', `/v1/suppressions/${id}`)),
  )
  t.ok(answers.every(({ status }) => status === 200))
  const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'suppression.removed')
  t.equal(told.length, 1)
})

t.test('reading needs deliveries:read, removing deliveries:write', async (t) => {
  const [reader, writer] = [
    await newTenant(gateway, ['deliveries:read']),
    await newTenant(gateway, ['deliveries:write']),
  ]
  const id = '0190a000-0000-7000-8000-000000000001'
  const statuses = async (tenant: Tenant) => [
    (await tenant.call('GET', '/v1/suppressions')).status,
    (await tenant.call('POST', '/v1/suppressions/search', { email: freshEmail() })).status,
    (await tenant.call('DELETE', `/v1/suppressions/${id}`)).status,
  ]
  t.same(await statuses(reader), [200, 200, 403])
  t.same(await statuses(writer), [403, 403, 200])
})
