// Every error code that the gateway uses so far is provoked over HTTP. A code that no case provokes fails the test, unless
// it belongs to a part that is not there yet.

import { readdir, readFile } from 'node:fs/promises'
import { ERROR_CODES, type ErrorCode } from '@postern/contracts/error-codes'
import t from 'tap'
import { browserTenant, openPage } from './browser/browser-page.ts'
import { plantCode, verifyCode } from './challenge/planted-code.ts'
import { proveLink } from './factor/factor-user.ts'
import { untilWaiting } from './overlap.ts'
import { age, refresh, signIn } from './session/signed-in.ts'
import { type Answer, bearer, freshEmail, newTenant, openGateway, openHouse, operator } from './setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)
const verify = (token: string) => tenant.call('POST', '/v1/magic-links/verify', { token })
const change = (sql: string, id: string) =>
  house.admin.query(`UPDATE challenges SET ${sql} WHERE id = $1`, [id])

const CASES: Partial<Record<ErrorCode, () => Promise<Answer>>> = {
  VALIDATION_FAILED: () => tenant.call('POST', '/v1/magic-links', {}),
  UNAUTHENTICATED: () => gateway.call({ method: 'GET', url: `/v1/magic-links/${tenant.id}` }),
  INVALID_TOKEN: () => verify('x'),
  TOKEN_EXPIRED: async () => {
    const { token, id } = await tenant.issue()
    await change('expires_at = now()', id)
    return verify(token)
  },
  TOKEN_USED: async () => {
    const { token } = await tenant.issue()
    await verify(token)
    return verify(token)
  },
  TOKEN_SUPERSEDED: async () => {
    const email = freshEmail()
    const { token } = await tenant.issue({ email })
    await tenant.issue({ email })
    return verify(token)
  },
  INVALID_CODE: async () => {
    const { id, wrong } = await plantCode(gateway, tenant, { to: freshEmail() })
    return verifyCode(tenant, id, wrong())
  },
  ATTEMPTS_EXHAUSTED: async () => {
    const { id, code } = await plantCode(gateway, tenant, { to: freshEmail() })
    await change('tries = 5', id)
    return verifyCode(tenant, id, code)
  },
  IDENTIFIER_LOCKED: async () => {
    const { id, code } = await plantCode(gateway, tenant, { to: freshEmail() })
    await house.admin.query(`UPDATE identifier_guards SET disabled_at = now() WHERE tenant_id = $1`, [
      tenant.id,
    ])
    const answer = await verifyCode(tenant, id, code)
    await house.admin.query(`UPDATE identifier_guards SET disabled_at = NULL WHERE tenant_id = $1`, [
      tenant.id,
    ])
    return answer
  },
  SESSION_REVOKED: async () => {
    const { sessionId, refreshToken } = await signIn(tenant)
    await tenant.call('DELETE', `/v1/sessions/${sessionId}`)
    return refresh(tenant, refreshToken)
  },
  REFRESH_REUSED: async () => {
    const { sessionId, refreshToken } = await signIn(tenant)
    await refresh(tenant, refreshToken)
    await age(gateway, sessionId, 11)
    return refresh(tenant, refreshToken)
  },
  FORBIDDEN: async () => (await newTenant(gateway, ['audit:read'])).call('POST', '/v1/magic-links', {}),
  ACCOUNT_DISABLED: async () => {
    const email = freshEmail()
    await verify((await tenant.issue({ email })).token)
    await house.admin.query('UPDATE users SET is_active = false WHERE email = $1', [email])
    return verify((await tenant.issue({ email })).token)
  },
  EMAIL_NOT_VERIFIED: async () => {
    const { accessToken, userId } = await signIn(tenant)
    await house.admin.query('UPDATE users SET email_verified_at = NULL WHERE id = $1', [userId])
    const url = `/v1/forward-auth?tenant=${tenant.id}&require=email_verified`
    return gateway.call({ method: 'GET', url, headers: bearer(accessToken) })
  },
  CSRF_FAILED: async () => {
    const { host } = await browserTenant(gateway)
    return openPage(gateway, host).send('POST', '/v1/browser/session', { token: 'x' })
  },
  FACTOR_NOT_ALLOWED: async () => {
    const mailed = await newTenant(gateway, undefined, { policy: { chain: ['otp_email'] } })
    const { mfa } = await proveLink(mailed, freshEmail())
    return mailed.call('POST', '/v1/mfa/verify', { mfa_token: mfa.token, code: '123456' })
  },
  NOT_FOUND: () => tenant.call('GET', `/v1/magic-links/${tenant.id}`),
  METHOD_NOT_ALLOWED: () => tenant.call('GET', '/v1/magic-links'),
  CONFLICT: async () => {
    const { body } = await operator(gateway, 'GET', `/v1/tenants/${tenant.id}`)
    const { name, slug, allowed_redirects } = body.data
    return operator(gateway, 'POST', '/v1/tenants', { name, slug, allowed_redirects })
  },
  IDEMPOTENCY_IN_PROGRESS: async () => {
    const email = freshEmail()
    const ask = () => tenant.call('POST', '/v1/magic-links', { email }, { 'idempotency-key': 'busy' })
    // The first is held where it issues, so that the second finds it under way.
    const holder = await house.admin.connect()
    const key = [`issue:${tenant.id}:${email}`]
    await holder.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', key)
    const first = ask()
    await untilWaiting(house)
    const second = await ask()
    await holder.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', key)
    holder.release()
    await first
    return second
  },
  IDEMPOTENCY_KEY_REUSED: async () => {
    const ask = () =>
      tenant.call('POST', '/v1/magic-links', { email: freshEmail() }, { 'idempotency-key': 'reused' })
    await ask()
    return ask()
  },
  PAYLOAD_TOO_LARGE: () => tenant.call('POST', '/v1/magic-links', { email: 'x'.repeat(20_000) }),
  UNSUPPORTED_MEDIA_TYPE: () =>
    gateway.call({
      method: 'POST',
      url: '/v1/magic-links',
      headers: { ...bearer(tenant.key), 'content-type': 'text/plain' },
      payload: 'x',
    }),
  RATE_LIMITED: async () => {
    const email = freshEmail()
    for (let n = 0; n < 5; n++) await tenant.issue({ email })
    return tenant.call('POST', '/v1/magic-links', { email })
  },
  INTERNAL: async () => {
    await house.admin.query('ALTER TABLE challenges RENAME COLUMN purpose TO gone')
    const answer = await tenant.call('GET', `/v1/magic-links/${tenant.id}`)
    await house.admin.query('ALTER TABLE challenges RENAME COLUMN gone TO purpose')
    return answer
  },
  SERVICE_UNAVAILABLE: async () => {
    // The database's limit, not the role's: roles are the whole cluster's, which other tests share.
    await house.admin.query(`ALTER DATABASE ${house.data.name} CONNECTION LIMIT 0`)
    const stop = () =>
      house.admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = 'postern_gateway'`,
        [house.data.name],
      )
    await stop()
    const answer = await tenant.call('GET', `/v1/magic-links/${tenant.id}`)
    await house.admin.query(`ALTER DATABASE ${house.data.name} CONNECTION LIMIT -1`)
    return answer
  },
}

for (const [code, provoke] of Object.entries(CASES)) {
  t.test(`${code} is answered in the envelope, with its status and sentence`, async (t) => {
    const { status, body, headers } = await provoke()
    const known = ERROR_CODES[code as ErrorCode]
    t.equal(status, known.status)
    t.match(body, {
      success: false,
      data: null,
      error: { code, message: known.message },
      meta: { request_id: headers['x-request-id'] },
    })
    t.equal(headers['www-authenticate'] !== undefined, code === 'UNAUTHENTICATED')
    t.equal(
      headers['retry-after'] !== undefined,
      ['RATE_LIMITED', 'IDENTIFIER_LOCKED', 'IDEMPOTENCY_IN_PROGRESS', 'SERVICE_UNAVAILABLE'].includes(code),
    )
  })
}

t.test('every code that the source names has a case', async (t) => {
  const root = new URL('../src/', import.meta.url)
  const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const source = (await Promise.all(files.map((name) => readFile(new URL(name, root), 'utf8')))).join('\n')
  const named = Object.keys(ERROR_CODES).filter((code) => source.includes(`'${code}'`))
  t.ok(named.length > 8)
  for (const code of named) t.ok(code in CASES, code)
})
