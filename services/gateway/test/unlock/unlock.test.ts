// What only the operator can do for somebody who is locked out; told to the trail once, and never with the address.

import t from 'tap'
import { codeOf, newFactorUser, proveLink, SCOPES } from '../factor/factor-user.ts'
import { bearer, eventsOf, freshEmail, newTenant, openGateway, openHouse, operator } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway, SCOPES)
const NOBODY = '00000000-0000-4000-8000-000000000000'

const guardOf = async (limitKey: string) =>
  (
    await house.admin.query(
      'SELECT sends, failures, wait_until, disabled_at FROM identifier_guards WHERE tenant_id = $1 AND limit_key = $2',
      [tenant.id, limitKey],
    )
  ).rows[0]

async function lockedEmail(): Promise<string> {
  const email = freshEmail()
  await tenant.issue({ email })
  await house.admin.query(
    `UPDATE identifier_guards SET failures = 100, wait_until = now() + interval '1 hour', disabled_at = now()
      WHERE tenant_id = $1 AND limit_key = $2`,
    [tenant.id, email],
  )
  return email
}

t.test('an unlocked address has no failures and no wait, and the sends it had', async (t) => {
  const email = await lockedEmail()
  const [local, domain] = email.split('@')
  const unlock = () =>
    operator(gateway, 'POST', `/v1/tenants/${tenant.id}/identifiers/unlock`, {
      // What limits count is the address without its tag.
      email: `${local}+shop@${domain}`.toUpperCase(),
    })
  const answers = await Promise.all(Array.from({ length: 100 }, unlock))
  t.ok(answers.every(({ status }) => status === 200))
  t.strictSame(
    answers
      .map(({ body }) => body.data.failures)
      .sort((a, b) => b - a)
      .slice(0, 2),
    [100, 0],
    'one of a hundred found something to unlock',
  )
  t.strictSame(await guardOf(email), { sends: 1, failures: 0, wait_until: null, disabled_at: null })
  const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'identifier.unlocked')
  t.match(told, [{ actor: 'operator:admin', reason: 'operator', subject: /^identifier:[\w-]{43}$/ }])
  t.equal(told.length, 1)
  t.notMatch(JSON.stringify(told), local)
})

t.test('an address that nobody locked is answered alike, and tells nothing', async (t) => {
  const before = (await eventsOf(gateway, tenant.id)).length
  const url = `/v1/tenants/${tenant.id}/identifiers/unlock`
  for (const body of [{ email: freshEmail() }, { phone: '+491701234567' }]) {
    const answer = await operator(gateway, 'POST', url, body)
    t.strictSame(answer.body.data, { unlocked: true, failures: 0 })
  }
  t.equal((await eventsOf(gateway, tenant.id)).length, before)
})

t.test('another tenant’s lock stays', async (t) => {
  const email = await lockedEmail()
  const other = await newTenant(gateway)
  const { body } = await operator(gateway, 'POST', `/v1/tenants/${other.id}/identifiers/unlock`, { email })
  t.equal(body.data.failures, 0)
  t.equal((await guardOf(email)).failures, 100)
})

t.test('a user whose factors were reset signs in with the first factor alone', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  t.equal((await proveLink(tenant, user.email)).session, null)
  await house.admin.query(
    `INSERT INTO factor_guards (tenant_id, user_id, failures, wait_until) VALUES ($1, $2, 10, now() + interval '1 hour')
     ON CONFLICT (tenant_id, user_id) DO UPDATE SET failures = 10, wait_until = now() + interval '1 hour'`,
    [tenant.id, user.id],
  )
  const url = `/v1/tenants/${tenant.id}/users/${user.id}/factors/reset`
  const answers = await Promise.all(Array.from({ length: 100 }, () => operator(gateway, 'POST', url)))
  const found = answers.filter(({ body }) => body.data.totp)
  t.match(found, [{ body: { data: { reset: true, totp: true, recovery_codes: 10, failures: 10 } } }])
  t.equal(found.length, 1, 'one of a hundred found something to remove')
  t.ok((await proveLink(tenant, user.email)).session)
  const told = (await eventsOf(gateway, tenant.id)).filter(
    ({ kind, reason }) => kind === 'factor.disabled' && reason === 'operator',
  )
  t.match(told, [{ actor: 'operator:admin', subject: `user:${user.id}` }])
  t.equal(told.length, 1)
})

t.test('a code that is right when the factors are reset is worth nothing afterwards', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  await operator(gateway, 'POST', `/v1/tenants/${tenant.id}/users/${user.id}/factors/reset`)
  const { body } = await tenant.call('POST', `/v1/users/${user.id}/recovery-codes`, {
    code: codeOf(user.secret),
  })
  t.equal(body.error.code, 'CONFLICT')
})

t.test('they are the operator’s alone, and name what there is', async (t) => {
  const unlock = `/v1/tenants/${tenant.id}/identifiers/unlock`
  const reset = `/v1/tenants/${tenant.id}/users/${NOBODY}/factors/reset`
  for (const url of [unlock, reset]) {
    const { status } = await gateway.call({ method: 'POST', url, headers: bearer(tenant.key), payload: {} })
    t.equal(status, 401, url)
  }
  t.equal((await operator(gateway, 'POST', reset)).status, 404)
  const elsewhere = unlock.replace(tenant.id, NOBODY)
  t.equal((await operator(gateway, 'POST', elsewhere, { email: freshEmail() })).status, 404)
  for (const body of [{}, { email: 'nobody' }, { email: freshEmail(), phone: '+491701234567' }]) {
    t.equal((await operator(gateway, 'POST', unlock, body)).status, 400)
  }
})
