// A disabled tenant's sessions have ended, whoever asks, and stay so when it is enabled again.

import t from 'tap'
import { signIn } from '../session/signed-in.ts'
import { eventsOf, newTenant, openGateway, openHouse, operator, type Tenant } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

const openSession = async (tenant: Tenant): Promise<string> => (await signIn(tenant)).sessionId

const liveSessions = async (tenantId: string): Promise<string[]> => {
  const { rows } = await house.admin.query(
    'SELECT id FROM sessions WHERE tenant_id = $1 AND revoked_at IS NULL ORDER BY id',
    [tenantId],
  )
  return rows.map(({ id }) => id)
}

t.test('a tenant disabled by many at once ends each session once', async (t) => {
  const tenant = await newTenant(gateway)
  const other = await newTenant(gateway)
  const sessions = [await openSession(tenant), await openSession(tenant), await openSession(tenant)]
  const kept = await openSession(other)
  const disable = () => operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { is_active: false })
  const answers = await Promise.all(Array.from({ length: 100 }, disable))
  t.ok(answers.every(({ status }) => status === 200))
  t.strictSame(await liveSessions(tenant.id), [])
  const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'session.revoked')
  t.strictSame(told.map(({ subject }) => subject).sort(), sessions.map((id) => `session:${id}`).sort())
  t.strictSame([...new Set(told.map(({ reason }) => reason))], ['tenant_disabled'])
  t.strictSame(await liveSessions(other.id), [kept], 'another tenant’s go on')
})

t.test('a change that is not about being active ends no session', async (t) => {
  const tenant = await newTenant(gateway)
  const session = await openSession(tenant)
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { name: 'New' })
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { is_active: true })
  t.strictSame(await liveSessions(tenant.id), [session])
})

t.test(
  'enabling brings no session back, also none that was opened while the tenant was being disabled',
  async (t) => {
    const tenant = await newTenant(gateway)
    const session = await openSession(tenant)
    await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { is_active: false })
    await house.admin.query('UPDATE sessions SET revoked_at = NULL WHERE id = $1', [session])
    await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { is_active: true })
    t.strictSame(await liveSessions(tenant.id), [])
  },
)
