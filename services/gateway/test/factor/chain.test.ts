// The chain holds on every path that can end in a session. The paths are taken from the router: one that is new and is not
// walked here fails this test.

import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type BrowserTenant, browserTenant, openPage } from '../browser/browser-page.ts'
import { plantCode, verifyCode } from '../challenge/planted-code.ts'
import { freshEmail, freshPhone, openGateway, openHouse } from '../setup.ts'
import { codeOf, pendingOf, SCOPES } from './factor-user.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const CHAINED = ['otp_sms', 'totp']

interface Walk {
  t: Test
  tenant: BrowserTenant
  /** Nothing is open yet. */
  none(): Promise<void>
}

/** Proves the phone with a sign-in's token; answers the token of the sign-in that waits for TOTP. */
async function provePhone({ t, tenant, none }: Walk, token: string): Promise<string> {
  const { id, code } = await plantCode(gateway, tenant, { to: freshPhone(), mfaId: pendingOf(token) })
  const { body } = await tenant.call('POST', '/v1/mfa/verify', { mfa_token: token, otp_id: id, code })
  t.match(body.data, { session: null, mfa: { methods: ['totp'] } })
  await none()
  return body.data.mfa.token
}

/** A first factor was proven: what it may not open, and what the whole chain does. */
async function walkOn(
  walk: Walk,
  result: { user: { id: string }; mfa: { token: string }; session: null },
  first: string,
) {
  const { t, tenant, none } = walk
  t.match(result, { session: null, mfa: { methods: ['otp_sms'], enrollment_required: true } })
  await none()
  const users = `/v1/users/${result.user.id}/totp`
  const early = await tenant.call('POST', users, { mfa_token: result.mfa.token })
  t.equal(early.body.error.code, 'FACTOR_NOT_ALLOWED', 'who has not proven the phone chooses no TOTP')
  const token = await provePhone(walk, result.mfa.token)
  const { secret } = (await tenant.call('POST', users, { mfa_token: token })).body.data
  const code = codeOf(secret)
  const skipped = await tenant.call('POST', `${users}/enable`, { code, mfa_token: result.mfa.token })
  t.equal(skipped.body.error.code, 'TOKEN_USED')
  await none()
  const { body } = await tenant.call('POST', `${users}/enable`, { code, mfa_token: token })
  t.same(body.data.sign_in.session.amr, [first, ...CHAINED])
  return { secret, session: body.data.sign_in.session, userId: result.user.id }
}

const link = async ({ tenant }: Walk, purpose = 'sign_in', email = freshEmail()) => {
  const { token } = await tenant.issue({ purpose, email })
  return (await tenant.call('POST', '/v1/magic-links/verify', { token })).body.data
}

const WALKS: Record<string, (walk: Walk) => Promise<unknown>> = {
  'POST /v1/magic-links/verify': async (walk) => walkOn(walk, await link(walk), 'magic_link'),

  'POST /v1/otps/verify': async (walk) => {
    const { id, code } = await plantCode(gateway, walk.tenant, { to: freshEmail() })
    await walkOn(walk, (await verifyCode(walk.tenant, id, code)).body.data, 'otp_email')
  },

  'POST /v1/mfa/verify': async (walk) => {
    const { t, tenant, none } = walk
    const email = freshEmail()
    const { secret, userId } = await walkOn(walk, await link(walk, 'onboarding', email), 'magic_link')
    await house.admin.query('DELETE FROM sessions WHERE user_id = $1', [userId])
    await house.admin.query('UPDATE totp_factors SET last_step = 0 WHERE user_id = $1', [userId])
    const { mfa } = await link(walk, 'sign_in', email)
    const skipped = await tenant.call('POST', '/v1/mfa/verify', {
      mfa_token: mfa.token,
      code: codeOf(secret),
    })
    t.equal(skipped.body.error.code, 'FACTOR_NOT_ALLOWED')
    await none()
    const { rows } = await house.admin.query('SELECT phone FROM users WHERE id = $1', [userId])
    const sent = await plantCode(gateway, tenant, { to: rows[0].phone, mfaId: pendingOf(mfa.token) })
    const proven = await tenant.call('POST', '/v1/mfa/verify', {
      mfa_token: mfa.token,
      otp_id: sent.id,
      code: sent.code,
    })
    t.equal(proven.body.data.session, null)
    await none()
    const last = { mfa_token: proven.body.data.mfa.token, code: codeOf(secret) }
    t.same((await tenant.call('POST', '/v1/mfa/verify', last)).body.data.session.amr, [
      'magic_link',
      ...CHAINED,
    ])
  },

  'POST /v1/users/{id}/totp/enable': async (walk) => {
    const { t, tenant, none } = walk
    const result = await link(walk)
    const users = `/v1/users/${result.user.id}/totp`
    const { secret } = (await tenant.call('POST', users)).body.data
    const early = await tenant.call('POST', `${users}/enable`, {
      code: codeOf(secret),
      mfa_token: result.mfa.token,
    })
    t.equal(early.body.error.code, 'FACTOR_NOT_ALLOWED', 'also where the back end itself has set it up')
    const alone = await tenant.call('POST', `${users}/enable`, { code: codeOf(secret) })
    t.equal(alone.body.data.sign_in, null)
    await none()
  },

  'POST /v1/sessions/refresh': async (walk) => {
    const { mfa } = await link(walk)
    const answer = await walk.tenant.call('POST', '/v1/sessions/refresh', { refresh_token: mfa.token })
    walk.t.not(answer.status, 200, 'it renews what is open, and opens nothing')
    await walk.none()
  },

  'POST /v1/introspect': async (walk) => {
    const { mfa } = await link(walk)
    const answer = await walk.tenant.call('POST', '/v1/introspect', { token: mfa.token })
    walk.t.same(answer.body, { active: false }, 'it tells of what is open')
    await walk.none()
  },

  'POST /v1/browser/session': async (walk) => {
    const { t, tenant, none } = walk
    const page = openPage(gateway, tenant.host)
    const { token } = await tenant.issue()
    const { body } = await page.call('POST', '/v1/browser/session', { token })
    t.match(body.data, { session: null, mfa: { methods: ['otp_sms'] } })
    const early = await page.call('POST', '/v1/browser/session', {
      mfa_token: body.data.mfa.token,
      code: '123456',
    })
    t.equal(early.body.error.code, 'FACTOR_NOT_ALLOWED')
    t.equal((await page.call('GET', '/v1/browser/session')).status, 401)
    await none()
  },

  'POST /v1/browser/session/refresh': async (walk) => {
    const page = openPage(gateway, walk.tenant.host)
    const { token } = await walk.tenant.issue()
    await page.call('POST', '/v1/browser/session', { token })
    walk.t.equal((await page.call('POST', '/v1/browser/session/refresh')).status, 401)
    await walk.none()
  },
}

t.test('every route that answers a session is walked here', async (t) => {
  const { body } = await gateway.call({ method: 'GET', url: '/openapi.json' })
  type Operation = { responses?: Record<string, unknown> }
  const routes = Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, { responses = {} }]) => ({
        route: `${method.toUpperCase()} ${path}`,
        responses,
      })),
  )
  const open = routes.filter(({ route, responses }) => {
    const success = Object.entries(responses).filter(([status]) => status.startsWith('2'))
    return !route.startsWith('GET ') && JSON.stringify(success).includes('"acr"')
  })
  t.same(open.map(({ route }) => route).sort(), Object.keys(WALKS).sort())
})

for (const [route, walk] of Object.entries(WALKS)) {
  t.test(`${route} opens a session for the whole chain only`, async (t) => {
    const tenant = await browserTenant(gateway, { policy: { chain: CHAINED } }, [
      ...SCOPES,
      'sessions:write',
      'sessions:read',
    ])
    const none = async () => {
      const { rows } = await house.admin.query('SELECT FROM sessions WHERE tenant_id = $1', [tenant.id])
      t.equal(rows.length, 0, 'nothing is open')
    }
    await walk({ t, tenant, none })
    const { rows } = await house.admin.query(
      `SELECT id FROM sessions WHERE tenant_id = $1 AND cardinality(remaining_factors(tenant_id, user_id, amr)) > 0`,
      [tenant.id],
    )
    t.equal(rows.length, 0, 'and no session lacks a factor')
  })
}

t.test('one file opens sessions', async (t) => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url))
  const files: string[] = []
  for await (const file of glob(['services/*/src/**/*.ts', 'packages/db/src/**/*.sql'], { cwd: root })) {
    if (/INSERT\s+INTO\s+sessions\b/i.test(await readFile(`${root}/${file}`, 'utf8'))) files.push(file)
  }
  t.same(files, ['services/gateway/src/session/sign-in.store.ts'])
})
