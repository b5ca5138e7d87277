// A disabled user has no session: those that were open ended, and none opens beside the disabling.

import t from 'tap'
import { codeOf, newFactorUser, proveLink } from '../factor/factor-user.ts'
import { untilWaiting } from '../overlap.ts'
import { signIn } from '../session/signed-in.ts'
import { eventsOf, freshEmail, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenantWithUsers = () =>
  newTenant(gateway, ['challenges:write', 'challenges:verify', 'users:read', 'users:write'])
const PURPOSES = ['sign_in', 'onboarding']

const prove = (tenant: Tenant, token: string) => tenant.call('POST', '/v1/magic-links/verify', { token })

async function sessionsOf(userId: string): Promise<{ id: string; live: boolean }[]> {
  const { rows } = await house.admin.query(
    'SELECT id, revoked_at IS NULL AS live FROM sessions WHERE user_id = $1',
    [userId],
  )
  return rows
}

t.test(
  'disabling ends every session of the user, and nobody else’s; enabling lets the user in again',
  async (t) => {
    const tenant = await tenantWithUsers()
    const email = freshEmail()
    const { userId } = await signIn(tenant, email)
    await signIn(tenant, email)
    const other = await signIn(tenant, freshEmail())
    const disabled = await tenant.call('PATCH', `/v1/users/${userId}`, { is_active: false })
    t.match(disabled.body.data, { id: userId, is_active: false })
    t.strictSame(
      (await sessionsOf(userId)).map(({ live }) => live),
      [false, false],
    )
    t.strictSame(
      (await sessionsOf(other.userId)).map(({ live }) => live),
      [true],
    )
    const { rows } = await house.admin.query('SELECT kind FROM revocations WHERE subject_id = $1', [userId])
    t.strictSame(rows, [{ kind: 'user' }])
    const refused = await prove(tenant, (await tenant.issue({ email })).token)
    t.equal(refused.body.error.code, 'ACCOUNT_DISABLED')
    await tenant.call('PATCH', `/v1/users/${userId}`, { is_active: true })
    const { sessionId } = await signIn(tenant, email)
    t.strictSame(
      (await sessionsOf(userId)).filter(({ live }) => live).map(({ id }) => id),
      [sessionId],
    )
    const told = (await eventsOf(gateway, tenant.id)).filter(({ subject }) => subject === `user:${userId}`)
    t.strictSame(
      told.map(({ kind }) => kind),
      ['user.created', 'user.disabled', 'user.enabled'],
    )
  },
)

t.test('a hundred who disable a user at once disable it once', async (t) => {
  const tenant = await tenantWithUsers()
  const { userId } = await signIn(tenant, freshEmail())
  const disable = () => tenant.call('PATCH', `/v1/users/${userId}`, { is_active: false })
  const answers = await Promise.all(Array.from({ length: 100 }, disable))
  t.ok(answers.every(({ status }) => status === 200))
  const told = (await eventsOf(gateway, tenant.id)).map(({ kind }) => kind)
  t.equal(told.filter((kind) => kind === 'user.disabled').length, 1)
  t.equal(told.filter((kind) => kind === 'session.revoked').length, 1)
})

t.test(
  'a user disabled while a hundred links are proven has no live session, and each that opened is told ended',
  async (t) => {
    const tenant = await tenantWithUsers()
    const email = freshEmail()
    const { userId } = await signIn(tenant, email)
    // One live link a purpose: of a hundred proofs, two open a session at most, in each round anew.
    for (let round = 0; round < 5; round++) {
      await house.admin.query('DELETE FROM identifier_guards WHERE tenant_id = $1', [tenant.id])
      const links = await Promise.all(PURPOSES.map((purpose) => tenant.issue({ email, purpose })))
      const proofs = Array.from({ length: 100 }, (_, n) => prove(tenant, links[n % 2]?.token ?? ''))
      const [disabled, ...proven] = await Promise.all([
        tenant.call('PATCH', `/v1/users/${userId}`, { is_active: false }),
        ...proofs,
      ])
      t.equal(disabled.status, 200)
      const codes = new Set(proven.map(({ status, body }) => `${status} ${body.error?.code}`))
      codes.delete('200 undefined')
      codes.delete('401 TOKEN_USED')
      codes.delete('403 ACCOUNT_DISABLED')
      t.strictSame([...codes], [])
      t.ok(
        (await sessionsOf(userId)).every(({ live }) => !live),
        `round ${round}`,
      )
      await tenant.call('PATCH', `/v1/users/${userId}`, { is_active: true })
    }
    const told = (await eventsOf(gateway, tenant.id)).map(({ kind, subject }) => `${kind} ${subject}`)
    for (const { id } of await sessionsOf(userId)) {
      t.equal(told.filter((line) => line === `session.opened session:${id}`).length, 1)
      t.equal(told.filter((line) => line === `session.revoked session:${id}`).length, 1)
    }
  },
)

const INSERT = `INSERT INTO sessions (tenant_id, id, user_id, amr, acr, idle_expires_at, expires_at)
  VALUES ($1, gen_random_uuid(), $2, '{magic_link}', 'x', now() + interval '1 h', now() + interval '1 h') RETURNING id`

t.test('a session that is being opened when its user is disabled is refused', async (t) => {
  const tenant = await tenantWithUsers()
  const email = freshEmail()
  const { userId } = await signIn(tenant, email)
  const { token } = await tenant.issue({ email })
  const client = await house.admin.connect()
  t.teardown(() => client.release())
  await client.query('BEGIN')
  await client.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [userId])
  const proving = prove(tenant, token)
  await untilWaiting(house)
  await client.query('UPDATE users SET is_active = false WHERE id = $1', [userId])
  await client.query('COMMIT')
  t.equal((await proving).body.error?.code, 'ACCOUNT_DISABLED')
  t.equal((await sessionsOf(userId)).length, 1)
})

t.test('a sign-in that begins to wait for a factor when its user is disabled is refused', async (t) => {
  const tenant = await tenantWithUsers()
  const user = await newFactorUser(gateway, tenant)
  const { token } = await tenant.issue({ email: user.email })
  const client = await house.admin.connect()
  t.teardown(() => client.release())
  await client.query('BEGIN')
  await client.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [user.id])
  const proving = prove(tenant, token)
  await untilWaiting(house)
  await client.query('UPDATE users SET is_active = false WHERE id = $1', [user.id])
  await client.query('COMMIT')
  t.equal((await proving).body.error?.code, 'ACCOUNT_DISABLED')
  const waiting = await house.admin.query('SELECT FROM pending_sign_ins WHERE user_id = $1', [user.id])
  t.equal(waiting.rowCount, 0, 'nothing is left for when the user is enabled')
})

t.test('a session that was opened while its user was being disabled ends with the others', async (t) => {
  const tenant = await tenantWithUsers()
  const { userId } = await signIn(tenant, freshEmail())
  const client = await house.admin.connect()
  t.teardown(() => client.release())
  await client.query('BEGIN')
  await client.query(INSERT, [tenant.id, userId])
  const disabling = tenant.call('PATCH', `/v1/users/${userId}`, { is_active: false })
  await untilWaiting(house)
  await client.query('COMMIT')
  t.equal((await disabling).status, 200)
  t.strictSame(
    (await sessionsOf(userId)).map(({ live }) => live),
    [false, false],
  )
})

t.test('nor does one open through a second factor that is checked meanwhile', async (t) => {
  const tenant = await tenantWithUsers()
  const user = await newFactorUser(gateway, tenant)
  for (let round = 0; round < 5; round++) {
    await user.rewind()
    const mfa_token = (await proveLink(tenant, user.email)).mfa.token
    const [disabled, ...proven] = await Promise.all([
      tenant.call('PATCH', `/v1/users/${user.id}`, { is_active: false }),
      ...Array.from({ length: 20 }, () =>
        tenant.call('POST', '/v1/mfa/verify', { mfa_token, code: codeOf(user.secret) }),
      ),
    ])
    t.equal(disabled.status, 200)
    const codes = new Set(proven.map(({ status, body }) => `${status} ${body.error?.code}`))
    for (const code of [
      '200 undefined',
      '401 INVALID_TOKEN',
      '401 TOKEN_USED',
      '403 ACCOUNT_DISABLED',
      '409 CONFLICT',
    ])
      codes.delete(code)
    t.strictSame([...codes], [])
    t.ok(
      (await sessionsOf(user.id)).every(({ live }) => !live),
      `round ${round}`,
    )
    await tenant.call('PATCH', `/v1/users/${user.id}`, { is_active: true })
    await house.admin.query('DELETE FROM identifier_guards WHERE tenant_id = $1', [tenant.id])
  }
})

t.test('a sign-in that goes away while its factor is checked spends nothing', async (t) => {
  const tenant = await tenantWithUsers()
  const user = await newFactorUser(gateway, tenant)
  const mfa_token = (await proveLink(tenant, user.email)).mfa.token
  const client = await house.admin.connect()
  t.teardown(() => client.release())
  await client.query('BEGIN')
  await client.query('DELETE FROM pending_sign_ins WHERE user_id = $1', [user.id])
  const proving = tenant.call('POST', '/v1/mfa/verify', { mfa_token, code: codeOf(user.secret) })
  await untilWaiting(house)
  await client.query('COMMIT')
  const { status, body } = await proving
  t.equal(`${status} ${body.error?.code}`, '409 CONFLICT')
  const { rows } = await house.admin.query('SELECT last_step FROM totp_factors WHERE user_id = $1', [user.id])
  t.strictSame(rows, [{ last_step: '0' }])
})

t.test('Postgres refuses a session to a disabled user, whatever a statement saw', async (t) => {
  const tenant = await tenantWithUsers()
  const { userId } = await signIn(tenant, freshEmail())
  await tenant.call('PATCH', `/v1/users/${userId}`, { is_active: false })
  await t.rejects(house.admin.query(INSERT, [tenant.id, userId]), { code: '40001' })
})
