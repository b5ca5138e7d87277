// Pre-hijacking: whoever registers somebody else's address gains nothing, because the owner's first proof ends all that was
// set up before it, and an address that nobody proved opens no account that somebody else did prove.

import { randomBytes, randomUUID } from 'node:crypto'
import t from 'tap'
import { plantCode, verifyCode } from '../challenge/planted-code.ts'
import { untilWaiting } from '../overlap.ts'
import { eventsOf, freshEmail, freshPhone, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

/** An account that somebody set up and nobody proved. */
async function preRegister(tenant: Tenant, { email, phone }: { email?: string; phone?: string }) {
  const id = randomUUID()
  await house.admin.query('INSERT INTO users (tenant_id, id, email, phone) VALUES ($1, $2, $3, $4)', [
    tenant.id,
    id,
    email,
    phone,
  ])
  for (const [kind, key] of Object.entries({ email, phone })) {
    if (key === undefined) continue
    await house.admin.query(
      'INSERT INTO identifiers (tenant_id, kind, identity_key, user_id) VALUES ($1, $2, $3, $4)',
      [tenant.id, kind, key, id],
    )
  }
  return id
}

/** What an attacker may have left on it. */
async function plantTraps(tenant: Tenant, userId: string) {
  const sessionId = randomUUID()
  const whose = [tenant.id, userId]
  await house.admin.query(
    `INSERT INTO sessions (tenant_id, id, user_id, amr, acr, idle_expires_at, expires_at)
     VALUES ($1, $3, $2, '{otp_sms}', '', now() + interval '1 day', now() + interval '1 day')`,
    [...whose, sessionId],
  )
  await house.admin.query(
    `INSERT INTO totp_factors (tenant_id, id, user_id, secret, secret_version, last_step, enabled_at)
     VALUES ($1, $3, $2, '', 1, 0, now())`,
    [...whose, randomUUID()],
  )
  await house.admin.query(
    'INSERT INTO recovery_codes (tenant_id, user_id, digest, key_version) VALUES ($1, $2, $3, 1)',
    [...whose, randomBytes(32)],
  )
  await house.admin.query(
    'INSERT INTO factor_guards (tenant_id, user_id, failures, disabled_at) VALUES ($1, $2, 100, now())',
    whose,
  )
  await house.admin.query(
    `INSERT INTO pending_sign_ins (tenant_id, id, user_id, purpose, digest, key_version, amr, user_created, expires_at)
     VALUES ($1, $3, $2, 'sign_in', $4, 1, '{otp_sms}', false, now() + interval '5 minutes')`,
    [...whose, randomUUID(), randomBytes(32)],
  )
  return sessionId
}

async function prove(tenant: Tenant, to: string, purpose = 'sign_in') {
  const { id, code } = await plantCode(gateway, tenant, { to, purpose })
  return (await verifyCode(tenant, id, code)).body.data
}
const count = async (table: string, where: string, userId: string) => {
  const { rows } = await house.admin.query(
    `SELECT count(*)::int AS n FROM ${table} WHERE user_id = $1 AND ${where}`,
    [userId],
  )
  return rows[0].n
}

for (const purpose of ['sign_in', 'verify_email']) {
  t.test(
    `the owner’s first proof (${purpose}) ends what others set up, and is asked for none of it`,
    async (t) => {
      const tenant = await newTenant(gateway)
      const [email, phone] = [freshEmail(), freshPhone()]
      const userId = await preRegister(tenant, { email, phone })
      const trap = await plantTraps(tenant, userId)
      const result = await prove(tenant, email, purpose)
      t.match(result, {
        created: false,
        user: { id: userId, email, email_verified_at: String, phone: null, phone_verified_at: null },
        mfa: null,
      })
      t.equal(result.session === null, purpose === 'verify_email')
      const left = {
        sessions: await count('sessions', `revoked_at IS NULL AND id = '${trap}'`, userId),
        totp: await count('totp_factors', 'true', userId),
        codes: await count('recovery_codes', 'true', userId),
        guards: await count('factor_guards', 'true', userId),
        pending: await count('pending_sign_ins', 'consumed_at IS NULL', userId),
        phones: await count('identifiers', `kind = 'phone'`, userId),
      }
      t.strictSame(left, { sessions: 0, totp: 0, codes: 0, guards: 0, pending: 0, phones: 0 })
      const { rows } = await house.admin.query('SELECT kind FROM revocations WHERE subject_id = $1', [trap])
      t.strictSame(rows, [{ kind: 'session' }], 'every process hears of the session’s end')
      const claims = await house.admin.query(
        `SELECT subject, data FROM outbox WHERE kind = 'identifier.claimed' AND tenant_id = $1`,
        [tenant.id],
      )
      t.match(claims.rows, [{ subject: `user:${userId}`, data: { sessions: 1, factors: 1, identifiers: 1 } }])
      const stranger = await prove(tenant, phone)
      t.equal(stranger.created, true, 'the other identifier is its owner’s, with an account of their own')
      t.not(stranger.user.id, userId)
    },
  )
}

t.test(
  'an account that is given the address while its owner proves it is cleared all the same',
  async (t) => {
    const tenant = await newTenant(gateway)
    const [email, phone] = [freshEmail(), freshPhone()]
    const userId = await preRegister(tenant, { phone })
    const { id, code } = await plantCode(gateway, tenant, { to: email, purpose: 'sign_in' })
    const client = await house.admin.connect()
    t.teardown(() => client.release())
    await client.query('BEGIN')
    await client.query(
      `INSERT INTO identifiers (tenant_id, kind, identity_key, user_id) VALUES ($1, 'email', $2, $3)`,
      [tenant.id, email, userId],
    )
    const proving = verifyCode(tenant, id, code)
    await untilWaiting(house)
    await client.query('COMMIT')
    t.match((await proving).body.data, { created: false, user: { id: userId, email, phone: null } })
    t.equal(await count('identifiers', `kind = 'phone'`, userId), 0)
    const claims = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'identifier.claimed')
    t.equal(claims.length, 1)
  },
)

t.test('a later proof ends nothing', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const first = await prove(tenant, email)
  await house.admin.query(
    `INSERT INTO totp_factors (tenant_id, id, user_id, secret, secret_version, last_step, enabled_at)
     VALUES ($1, $2, $3, '', 1, 0, now())`,
    [tenant.id, randomUUID(), first.user.id],
  )
  const second = await prove(tenant, email)
  t.match(second.mfa, { methods: ['totp'] })
  t.equal(await count('sessions', 'revoked_at IS NULL', first.user.id), 1)
  t.notOk((await eventsOf(gateway, tenant.id)).some(({ kind }) => kind === 'identifier.claimed'))
})

t.test('an address that nobody proved opens no account that somebody else did prove', async (t) => {
  const tenant = await newTenant(gateway)
  const [email, phone] = [freshEmail(), freshPhone()]
  const owner = await prove(tenant, phone)
  // Attached by the client, by mistake or in bad faith, and mailed to whoever reads that mailbox.
  await house.admin.query(
    'INSERT INTO identifiers (tenant_id, kind, identity_key, user_id) VALUES ($1, $2, $3, $4)',
    [tenant.id, 'email', email, owner.user.id],
  )
  await house.admin.query('UPDATE users SET email = $2 WHERE id = $1', [owner.user.id, email])
  await plantTraps(tenant, owner.user.id)
  const reader = await prove(tenant, email)
  t.equal(reader.created, true)
  t.not(reader.user.id, owner.user.id)
  t.equal(await count('totp_factors', 'true', owner.user.id), 1, 'the owner keeps factors and sessions')
  t.equal(await count('sessions', 'revoked_at IS NULL', owner.user.id), 2)
  const { rows } = await house.admin.query('SELECT email, phone FROM users WHERE id = $1', [owner.user.id])
  t.strictSame(rows, [{ email: null, phone }])
})

t.test('two identifiers of one unproven account proven at once get two accounts', async (t) => {
  for (let round = 0; round < 20; round++) {
    const tenant = await newTenant(gateway)
    const [email, phone] = [freshEmail(), freshPhone()]
    const userId = await preRegister(tenant, { email, phone })
    const results = await Promise.all([prove(tenant, email), prove(tenant, phone)])
    const users = results.map(({ user }) => user)
    if (users[0].id === users[1].id || !users.some(({ id }) => id === userId)) t.fail(`round ${round}`)
    if (users[0].phone !== null || users[1].email !== null) t.fail(`round ${round}: they share an address`)
  }
  t.pass('20 rounds')
})
