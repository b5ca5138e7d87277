// Signing a browser in: the session is in a cookie that no script reads, and nothing that a page gets to know is a token
// of the API.

import { createHash, randomBytes } from 'node:crypto'
import { challengeOf } from '@postern/token/pkce'
import t from 'tap'
import { codeOf, newFactorUser, SCOPES, wrongCodeOf } from '../../factor/factor-user.ts'
import { freshEmail, openGateway, openHouse } from '../../setup.ts'
import { browserTenant, CSRF, openPage, type Page, SESSION, VISITOR } from '../browser-page.ts'
import { signedInPage, stateOf } from '../signed-in-page.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await browserTenant(gateway, {}, [...SCOPES, 'sessions:write'])
const URL = '/v1/browser/session'
const codeIn = (answer: { body: { error: { code: string } | null } }) => answer.body.error?.code
const whoIs = async (page: Page) => (await page.call('GET', URL)).body.data?.user.email

t.test('a link signs in: the secret is in a cookie for this host alone, unreadable, over TLS', async (t) => {
  const page = openPage(gateway, tenant.host)
  const email = freshEmail()
  const { token } = await tenant.issue({ email })
  await page.call('GET', '/v1/browser/csrf')
  const before = new Map(page.cookies)
  const { status, body } = await page.call('POST', URL, { token })
  t.equal(status, 200)
  t.match(body.data, { user: { email }, created: true, purpose: 'sign_in', mfa: null })
  t.match(body.data.session, { amr: ['magic_link'], acr: 'urn:postern:acr:one-factor' })
  t.same(Object.keys(body.data.session).sort(), ['acr', 'amr', 'expires_at', 'id'])
  const { [SESSION]: session, [VISITOR]: visitor, [CSRF]: token_ } = page.set()
  const secret = session?.value ?? ''
  const [httpOnly, maxAge, ...more] = session?.attributes ?? []
  t.same([httpOnly, ...more], ['httponly', 'path=/', 'samesite=lax', 'secure'])
  const lives = (Date.parse(body.data.session.expires_at) - Date.now()) / 1_000
  t.ok(Math.abs(Number(maxAge?.replace('max-age=', '')) - lives) < 60, `${maxAge} as long as the session`)
  t.ok(visitor?.attributes.includes('max-age=0'), 'the visitor is over')
  t.match(token_?.value, /^[\w-]{67}$/)
  t.not(token_?.value, before.get(CSRF), 'and so is its token')
  t.notMatch(JSON.stringify(body), new RegExp(`eyJ|${secret}|refresh|access`), 'no token in the page')
  const { rows } = await house.admin.query(
    `SELECT s.kind, r.digest FROM sessions s JOIN refresh_tokens r ON r.session_id = s.id WHERE s.id = $1`,
    [body.data.session.id],
  )
  t.same(rows, [{ kind: 'browser', digest: createHash('sha256').update(secret).digest() }])
  t.equal(await whoIs(page), email)
  t.notMatch(gateway.logs.text(), secret)
})

t.test('who was known before the sign-in is nobody after it: neither id nor token live on', async (t) => {
  const page = openPage(gateway, tenant.host)
  await page.call('GET', '/v1/browser/csrf')
  const planted = new Map(page.cookies)
  const { token } = await tenant.issue()
  await page.call('POST', URL, { token })
  const signedIn = new Map(page.cookies)
  page.cookies.set(CSRF, planted.get(CSRF) ?? '').set(VISITOR, planted.get(VISITOR) ?? '')
  t.equal((await page.send('DELETE', URL)).status, 403, 'the token from before')
  const attacker = openPage(gateway, tenant.host)
  for (const [name, value] of planted) attacker.cookies.set(name, value)
  t.equal((await attacker.call('GET', URL)).status, 401, 'the id from before opens nothing')
  t.not(signedIn.get(SESSION), planted.get(SESSION))
})

t.test('a session that the browser had before is ended, not taken over, whoever planted it', async (t) => {
  const attacker = await signedInPage(gateway, tenant)
  const victim = openPage(gateway, tenant.host)
  for (const [name, value] of attacker.cookies) victim.cookies.set(name, value)
  const email = freshEmail()
  const { token } = await tenant.issue({ email })
  const { body } = await victim.call('POST', URL, { token })
  t.not(body.data.session.id, attacker.sessionId)
  t.not(victim.cookies.get(SESSION), attacker.cookies.get(SESSION))
  t.equal(await whoIs(victim), email)
  t.equal((await attacker.call('GET', URL)).status, 401)
})

t.test('what does not prove anything opens nothing and leaves the cookies alone', async (t) => {
  const page = openPage(gateway, tenant.host)
  await page.call('GET', '/v1/browser/csrf')
  const other = await browserTenant(gateway)
  const used = await tenant.issue()
  await tenant.call('POST', '/v1/magic-links/verify', { token: used.token })
  const cases = [
    [{ token: 'forged' }, 401, 'INVALID_TOKEN'],
    [{ token: (await other.issue()).token }, 401, 'INVALID_TOKEN'],
    [{ token: used.token }, 401, 'TOKEN_USED'],
    [{}, 400, 'VALIDATION_FAILED'],
    [{ token: used.token, session_id: 'x' }, 400, 'VALIDATION_FAILED'],
    [{ mfa_token: used.token, code: '123456' }, 401, 'INVALID_TOKEN'],
  ] as const
  for (const [body, status, code] of cases) {
    t.match(await page.send('POST', URL, body), { status, body: { error: { code } } }, code)
    t.same(page.set(), {})
  }
})

t.test('a link that was issued with a verifier opens with it alone', async (t) => {
  const verifier = randomBytes(32).toString('base64url')
  const { token } = await tenant.issue({ code_challenge: challengeOf(verifier) })
  const page = openPage(gateway, tenant.host)
  t.equal(codeIn(await page.call('POST', URL, { token })), 'INVALID_TOKEN')
  t.equal((await page.call('POST', URL, { token, code_verifier: verifier })).status, 200)
  const open = await tenant.issue()
  const bound = { token: open.token, code_verifier: verifier }
  t.equal(
    codeIn(await page.call('POST', URL, bound)),
    'INVALID_TOKEN',
    'nor is an open link taken for a bound one',
  )
})

t.test('where a factor is missing no session opens, and its token is worth nothing elsewhere', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  const page = openPage(gateway, tenant.host)
  const { token } = await tenant.issue({ email: user.email })
  const first = await page.call('POST', URL, { token })
  t.match(first.body.data, { session: null, mfa: { required: true, methods: ['totp', 'recovery_code'] } })
  t.same(page.set(), {}, 'no cookie is touched')
  t.equal((await page.call('GET', URL)).status, 401)
  const mfa_token: string = first.body.data.mfa.token
  const [raw] = mfa_token.split('.')
  const code = () => codeOf(user.secret)

  const elsewhere = openPage(gateway, tenant.host)
  const before = await stateOf(gateway, tenant.id)
  t.equal(codeIn(await elsewhere.call('POST', URL, { mfa_token, code: code() })), 'INVALID_TOKEN')
  t.equal(codeIn(await page.call('POST', URL, { mfa_token: raw, code: code() })), 'INVALID_TOKEN')
  const api = await tenant.call('POST', '/v1/mfa/verify', { mfa_token, code: code() })
  t.equal(codeIn(api), 'INVALID_TOKEN', 'nor is it one of the API')
  t.same(await stateOf(gateway, tenant.id), before, 'nothing was counted or spent')

  t.equal(codeIn(await page.call('POST', URL, { mfa_token, code: wrongCodeOf(user.secret) })), 'INVALID_CODE')
  const second = await page.call('POST', URL, { mfa_token, code: code() })
  t.match(second.body.data, { user: { id: user.id }, mfa: null, session: { amr: ['magic_link', 'totp'] } })
  t.ok(page.set()[SESSION]?.value)
  t.equal(await whoIs(page), user.email)
  t.equal(
    codeIn(await page.call('POST', URL, { mfa_token, code: code() })),
    'INVALID_TOKEN',
    'the browser is another',
  )
})

t.test('a recovery code stands for the authenticator', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  const page = openPage(gateway, tenant.host)
  const { token } = await tenant.issue({ email: user.email })
  const { body } = await page.call('POST', URL, { token })
  const answer = { mfa_token: body.data.mfa.token, recovery_code: user.recoveryCodes[0] }
  t.match((await page.call('POST', URL, answer)).body.data.session.amr, ['magic_link', 'recovery_code'])
})

t.test(
  'the secret of a browser is no refresh token, and a refresh token no secret of a browser',
  async (t) => {
    const page = await signedInPage(gateway, tenant)
    const secret = page.cookies.get(SESSION)
    const api = await tenant.call('POST', '/v1/sessions/refresh', { refresh_token: secret })
    t.equal(codeIn(api), 'INVALID_TOKEN')
    const { token } = await tenant.issue()
    const { body } = await tenant.call('POST', '/v1/magic-links/verify', { token })
    const thief = openPage(gateway, tenant.host)
    thief.cookies.set(SESSION, body.data.session.refresh_token)
    t.equal((await thief.call('GET', URL)).status, 401)
    t.equal(codeIn(await thief.call('POST', `${URL}/refresh`)), 'INVALID_TOKEN')
    const again = await tenant.call('POST', '/v1/sessions/refresh', {
      refresh_token: body.data.session.refresh_token,
    })
    t.equal(again.status, 200, 'and it was not spent by that')
    t.equal(await whoIs(page), page.email)
  },
)

t.test('a second tenant’s host takes no cookie of the first one’s', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const other = await browserTenant(gateway)
  const before = await stateOf(gateway, tenant.id)
  const there = openPage(gateway, other.host)
  for (const [name, value] of page.cookies) there.cookies.set(name, value)
  t.equal((await there.send('GET', URL)).status, 401)
  t.equal((await there.send('POST', `${URL}/refresh`)).status, 403)
  await there.send('GET', '/v1/browser/csrf')
  t.equal(
    codeIn(await there.send('POST', `${URL}/refresh`)),
    'INVALID_TOKEN',
    'with a token of that host too',
  )
  for (const [name, value] of page.cookies) there.cookies.set(name, value)
  await there.send('GET', '/v1/browser/csrf')
  t.equal((await there.send('DELETE', URL)).status, 200)
  t.same(await stateOf(gateway, tenant.id), before, 'the first one’s session goes on')
  t.equal(await whoIs(page), page.email)
})
