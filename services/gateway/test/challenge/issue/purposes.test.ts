// What an issue is for decides what it needs: a session that lives, a sign-in that waits for it, a policy that allows it.

import { randomBytes, randomUUID } from 'node:crypto'
import { mintMfaToken } from '@postern/token/mfa-token'
import t from 'tap'
import {
  eventsOf,
  freshEmail,
  freshPhone,
  newTenant,
  openGateway,
  openHouse,
  type Tenant,
} from '../../setup.ts'
import { verifyCode } from '../planted-code.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

/** Asks for a code, or for a link where `to` is a mail address and `asLink` is set. */
const ask = (tenant: Tenant, to: string, more: object, asLink = false) =>
  asLink
    ? tenant.call('POST', '/v1/magic-links', { email: to, ...more })
    : tenant.call('POST', '/v1/otps', { channel: to.startsWith('+') ? 'sms' : 'email', to, ...more })
async function signIn(tenant: Tenant, email = freshEmail()) {
  const { token } = await tenant.issue({ email })
  const { data } = (await tenant.call('POST', '/v1/magic-links/verify', { token })).body
  return { email, userId: data.user.id as string, sessionId: data.session?.id as string }
}
const give = async (tenant: Tenant, userId: string, key: string, proven = true) => {
  await house.admin.query(
    `INSERT INTO identifiers (tenant_id, kind, identity_key, user_id, verified_at) VALUES ($1, $2, $3, $4, $5)`,
    [tenant.id, key.startsWith('+') ? 'phone' : 'email', key, userId, proven ? new Date() : null],
  )
  return key
}
const countOf = async (tenant: Tenant) =>
  (await house.admin.query('SELECT count(*)::int AS n FROM challenges WHERE tenant_id = $1', [tenant.id]))
    .rows[0].n
const codeOf = ({ body }: Awaited<ReturnType<typeof ask>>) => body.error?.code ?? 'issued'

for (const asLink of [false, true]) {
  const what = asLink ? 'link' : 'code'

  t.test(`a ${what} for a step-up needs a session that lives and an identifier of its user`, async (t) => {
    const [tenant, other] = [await newTenant(gateway), await newTenant(gateway)]
    const [ada, bob] = [await signIn(tenant), await signIn(tenant)]
    const unproven = await give(tenant, ada.userId, freshEmail(), false)
    const stepUp = (to: string, session_id: string, caller = tenant) =>
      ask(caller, to, { purpose: 'step_up', session_id }, asLink)
    const before = await countOf(tenant)
    const events = (await eventsOf(gateway, tenant.id)).length
    t.equal(codeOf(await stepUp(ada.email, randomUUID())), 'NOT_FOUND')
    t.equal(codeOf(await stepUp(ada.email, ada.sessionId, other)), 'NOT_FOUND', 'another tenant’s')
    for (const to of [bob.email, freshEmail(), unproven]) {
      t.equal(codeOf(await stepUp(to, ada.sessionId)), 'FACTOR_NOT_ALLOWED')
    }
    for (const end of ['revoked_at = now()', 'idle_expires_at = now()', 'expires_at = now()']) {
      const { email, sessionId } = await signIn(tenant, ada.email)
      await house.admin.query(`UPDATE sessions SET ${end} WHERE id = $1`, [sessionId])
      t.equal(codeOf(await stepUp(email, sessionId)), 'SESSION_REVOKED', end)
    }
    t.equal(await countOf(tenant), before + 3, 'only the links that signed in')
    const refused = (await eventsOf(gateway, tenant.id)).slice(events)
    t.notOk(refused.some(({ kind }) => kind === 'limit.hit'))
    const { status, body } = await stepUp(ada.email, ada.sessionId)
    t.equal(status, 202)
    t.equal(body.data.purpose, 'step_up')
    const { rows } = await house.admin.query('SELECT session_id, decoy FROM challenges WHERE id = $1', [
      body.data.id,
    ])
    t.same(rows, [{ session_id: ada.sessionId, decoy: false }])
  })

  t.test(`a ${what} for the next factor needs a sign-in that waits for it`, async (t) => {
    const method = asLink ? 'magic_link' : 'otp_email'
    const tenant = await newTenant(gateway, undefined, { policy: { chain: [method] } })
    const other = await newTenant(gateway)
    const pending = async (set = 'failures = 5', amr = ['otp_sms']) => {
      const { email, userId } = { email: freshEmail(), userId: randomUUID() }
      await house.admin.query('INSERT INTO users (tenant_id, id) VALUES ($1, $2)', [tenant.id, userId])
      await give(tenant, userId, email)
      const id = randomUUID()
      const { pepper } = gateway.context
      const minted = mintMfaToken(pepper, { tenantId: tenant.id, pendingId: id, random: randomBytes(16) })
      await house.admin.query(
        `INSERT INTO pending_sign_ins (tenant_id, id, user_id, purpose, digest, key_version, amr, user_created, expires_at)
         VALUES ($1, $2, $3, 'sign_in', $4, $5, $6, false, now() + interval '10 minutes')`,
        [tenant.id, id, userId, minted.digest, minted.keyVersion, amr],
      )
      await house.admin.query(`UPDATE pending_sign_ins SET ${set} WHERE id = $1`, [id])
      return { email, userId, id, mfa_token: minted.token }
    }
    const next = (to: string, mfa_token: string, caller = tenant) => ask(caller, to, { mfa_token }, asLink)
    const live = await pending()
    const mac = `${live.mfa_token.slice(0, -3)}AAA`
    t.equal(codeOf(await next(live.email, mac)), 'INVALID_TOKEN')
    t.equal(codeOf(await next(live.email, 'x')), 'INVALID_TOKEN')
    t.equal(codeOf(await next(live.email, live.mfa_token, other)), 'INVALID_TOKEN')
    t.equal(
      codeOf(await ask(tenant, live.email, { mfa_token: live.mfa_token, purpose: 'verify_email' }, asLink)),
      'VALIDATION_FAILED',
    )
    for (const [set, code] of [
      ['consumed_at = now()', 'TOKEN_USED'],
      ['expires_at = now()', 'TOKEN_EXPIRED'],
      ['failures = 6', 'ATTEMPTS_EXHAUSTED'],
      [`digest = sha256('else')`, 'INVALID_TOKEN'],
    ] as const) {
      const { email, mfa_token } = await pending(set)
      t.equal(codeOf(await next(email, mfa_token)), code, set)
    }
    const done = await pending(undefined, [method])
    t.equal(
      codeOf(await next(done.email, done.mfa_token)),
      'FACTOR_NOT_ALLOWED',
      'another factor is waited for',
    )
    const bob = await signIn(tenant)
    t.equal(codeOf(await next(bob.email, live.mfa_token)), 'FACTOR_NOT_ALLOWED', 'another user’s address')
    t.equal(codeOf(await next(freshEmail(), live.mfa_token)), 'FACTOR_NOT_ALLOWED', 'nobody’s')
    const mine = await next(live.email, live.mfa_token)
    t.equal(mine.status, 202)
    const lacking = await pending()
    await house.admin.query('DELETE FROM identifiers WHERE user_id = $1', [lacking.userId])
    const enrolled = await next(freshEmail(), lacking.mfa_token)
    t.equal(enrolled.status, 202, 'who has none proves the first one')
    const { rows } = await house.admin.query(
      'SELECT mfa_id, decoy FROM challenges WHERE id = ANY ($1) ORDER BY created_at',
      [[mine.body.data.id, enrolled.body.data.id]],
    )
    t.same(rows, [
      { mfa_id: live.id, decoy: false },
      { mfa_id: lacking.id, decoy: false },
    ])
  })
}

t.test('a first factor that the policy forbids is refused, as a later one it is not', async (t) => {
  const tenant = await newTenant(gateway, undefined, { policy: { first_factors: ['otp_email'] } })
  const phone = freshPhone()
  for (const purpose of ['sign_in', 'onboarding']) {
    t.equal(codeOf(await ask(tenant, freshEmail(), { purpose }, true)), 'FACTOR_NOT_ALLOWED')
    t.equal(codeOf(await ask(tenant, phone, { purpose })), 'FACTOR_NOT_ALLOWED')
    t.equal(codeOf(await ask(tenant, freshEmail(), { purpose })), 'issued')
  }
  t.equal(
    codeOf(await ask(tenant, freshEmail(), { purpose: 'verify_email' }, true)),
    'issued',
    'it opens no session',
  )
  const { id, code } = await tenant.issueCode({ to: 'ada@example.com' })
  const { user, session } = (await verifyCode(tenant, id, code)).body.data
  await give(tenant, user.id, phone)
  const raise = { purpose: 'step_up', session_id: session.id }
  t.equal(codeOf(await ask(tenant, phone, raise)), 'issued')
  t.equal(codeOf(await ask(tenant, 'ada@example.com', raise, true)), 'issued')
})

t.test('the proof of an address is sent five times an hour, other messages go on', async (t) => {
  const tenant = await newTenant(gateway)
  const to = freshEmail()
  const nextWindow = () =>
    house.admin.query(
      `UPDATE identifier_guards SET window_started_at = now() - interval '15 minutes' WHERE limit_key = $1`,
      [to],
    )
  const proof = (asLink = true) => ask(tenant, to, { purpose: 'verify_email' }, asLink)
  for (let n = 0; n < 3; n++) t.equal(codeOf(await proof(n === 0)), 'issued')
  t.equal(codeOf(await ask(tenant, to, {})), 'issued')
  t.equal(codeOf(await proof()), 'issued')
  t.equal(codeOf(await proof()), 'RATE_LIMITED', 'the quarter of an hour is full')
  await nextWindow()
  t.equal(codeOf(await proof()), 'issued', 'the fifth of the hour')
  for (const _ of [1, 2, 3]) {
    const { body, headers } = await proof()
    t.equal(body.error.code, 'RATE_LIMITED')
    t.match(headers['ratelimit-policy'], '"verify_email";q=5;w=3600')
    t.ok(Number(headers['retry-after']) > 3_000)
  }
  t.equal(codeOf(await ask(tenant, to, {})), 'issued', 'what was refused did not count')
  for (let n = 0; n < 3; n++) t.equal(codeOf(await ask(tenant, to, {}, n > 1)), 'issued')
  t.match((await proof()).headers['ratelimit-policy'], '"identifier";q=5;w=900')
  t.equal(codeOf(await ask(tenant, freshEmail(), { purpose: 'verify_email' })), 'issued', 'others go on')
  const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'limit.hit')
  t.same(
    told.map(({ reason }) => reason),
    ['identifier_sends', 'verify_email_sends', 'identifier_sends'],
    'once a window',
  )
  await nextWindow()
  t.equal(codeOf(await proof()), 'RATE_LIMITED')
  await house.admin.query(
    `UPDATE identifier_guards SET verify_window_started_at = now() - interval '1 hour' WHERE limit_key = $1`,
    [to],
  )
  t.equal(codeOf(await proof()), 'issued', 'in the next hour')
})
