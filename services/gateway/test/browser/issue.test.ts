// What a page may ask to be sent: what the API would send, under the same limits, and for no session and no sign-in but
// its own browser's.

import { randomBytes } from 'node:crypto'
import { challengeOf } from '@postern/token/pkce'
import t from 'tap'
import { newFactorUser, SCOPES, codeOf as totpCode } from '../factor/factor-user.ts'
import { eventsOf, freshEmail, mailedPayload, openGateway, openHouse } from '../setup.ts'
import { browserTenant, openPage, type Page, SESSION } from './browser-page.ts'
import { signedInPage, stateOf } from './signed-in-page.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await browserTenant(gateway, {}, SCOPES)
const SIGN_IN = '/v1/browser/session'
const LINKS = '/v1/browser/magic-links'
const CODES = '/v1/browser/otps'
const codeIn = (answer: { body: { error: { code: string } | null } }) => answer.body.error?.code

const mailed = async (answer: { body: { data: { delivery: { id: string } } } }) =>
  (await mailedPayload(gateway, answer.body.data.delivery.id)) as { to: string; link?: string; code?: string }
const tokenIn = (mail: { link?: string }) => mail.link?.split('#')[1] ?? ''
const byMail = (to: string, more: object = {}) => ({ channel: 'email', to, ...more })

t.test('a page asks for a link, and signs in with what was mailed', async (t) => {
  const page = openPage(gateway, tenant.host)
  const email = freshEmail()
  const asked = await page.call('POST', LINKS, { email, locale: 'de' })
  t.match(asked, { status: 202, body: { data: { purpose: 'sign_in', delivery: { status: 'pending' } } } })
  const mail = await mailed(asked)
  t.equal(mail.to, email)
  t.match(mail.link, /^http:\/\/gateway\.test:4000\/l#/, 'the public URL, whatever the host of the page')
  const { status, body } = await page.call('POST', SIGN_IN, { token: tokenIn(mail) })
  t.match({ status, body }, { status: 200, body: { data: { user: { email } } } })
  const actors = (await eventsOf(gateway, tenant.id)).filter(
    ({ subject }) => subject === `challenge:${asked.body.data.id}`,
  )
  t.same([...new Set(actors.map(({ actor }) => actor))], ['visitor:browser'])
})

t.test('a page asks for a code, and signs in with it', async (t) => {
  const page = openPage(gateway, tenant.host)
  const email = freshEmail()
  const asked = await page.call('POST', CODES, byMail(email))
  t.equal(asked.status, 202)
  const { code } = await mailed(asked)
  const { body } = await page.call('POST', SIGN_IN, { otp_id: asked.body.data.id, code })
  t.match(body.data, { user: { email }, session: { amr: ['otp_email'] } })
})

t.test('a link that was asked for with a challenge opens in the browser that has the verifier', async (t) => {
  const page = openPage(gateway, tenant.host)
  const verifier = randomBytes(32).toString('base64url')
  const bound = { email: freshEmail(), code_challenge: challengeOf(verifier), code_challenge_method: 'S256' }
  const token = tokenIn(await mailed(await page.call('POST', LINKS, bound)))
  t.equal(codeIn(await openPage(gateway, tenant.host).call('POST', SIGN_IN, { token })), 'INVALID_TOKEN')
  t.equal((await page.call('POST', SIGN_IN, { token, code_verifier: verifier })).status, 200)
  const alone = { email: freshEmail(), code_challenge_method: 'S256' }
  t.equal((await page.call('POST', LINKS, alone)).status, 400)
})

t.test('what a back end alone decides is not a page’s to say', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const refused: [string, object][] = [
    [LINKS, { email: freshEmail(), session_id: page.sessionId }],
    [LINKS, { email: freshEmail(), metadata: { a: 'b' } }],
    [LINKS, { email: freshEmail(), send_at: '2099-01-01T00:00:00Z' }],
    [LINKS, { email: freshEmail(), redirect_url: 'https://evil.test/' }],
    [CODES, byMail(freshEmail(), { session_id: page.sessionId })],
    [CODES, byMail(freshEmail(), { metadata: {} })],
  ]
  for (const [url, body] of refused) {
    t.match(await page.call('POST', url, body), {
      status: 400,
      body: { error: { code: 'VALIDATION_FAILED' } },
    })
  }
})

t.test('an address has its sends, by page and by back end together', async (t) => {
  const email = freshEmail()
  const pages = Array.from({ length: 3 }, () => openPage(gateway, tenant.host))
  for (const page of pages) t.equal((await page.call('POST', LINKS, { email })).status, 202)
  await tenant.call('POST', '/v1/magic-links', { email })
  await tenant.call('POST', '/v1/magic-links', { email })
  const answer = await openPage(gateway, tenant.host).call('POST', CODES, byMail(email))
  t.match(answer, {
    status: 429,
    body: { error: { code: 'RATE_LIMITED' } },
    headers: { 'retry-after': String },
  })
  t.match(String(answer.headers['ratelimit-policy']), /"identifier"/)
})

t.test('known, unknown, disabled and locked addresses are answered alike', async (t) => {
  const known = await signedInPage(gateway, tenant)
  const disabled = await signedInPage(gateway, tenant)
  await house.admin.query('UPDATE users SET is_active = false WHERE id = $1', [disabled.userId])
  const locked = freshEmail()
  await house.admin.query(
    `INSERT INTO identifier_guards (tenant_id, limit_key, window_started_at, sends, failures, wait_until)
     VALUES ($1, $2, now(), 0, 10, now() + interval '10 minutes')`,
    [tenant.id, locked],
  )
  const page = openPage(gateway, tenant.host)
  const shapes = new Set<string>()
  for (const email of [known.email, freshEmail(), disabled.email, locked]) {
    for (const [url, body] of [
      [LINKS, { email }],
      [LINKS, { email, create_user: false }],
      [CODES, byMail(email)],
    ] as const) {
      const { status, headers, body: answer } = await page.call('POST', url, body)
      const { id, expires_at, resend_after, delivery, ...data } = answer.data
      const seen = Object.keys(headers).sort()
      t.ok(id && expires_at && resend_after && delivery.id)
      shapes.add(JSON.stringify({ status, seen, data, delivery: delivery.status, error: answer.error }))
    }
  }
  t.same([...shapes].length, 1, [...shapes].join('\n'))
})

t.test('an Idempotency-Key is its browser’s: another one’s answer is never met', async (t) => {
  const send = async (page: Page, email: string) => {
    await page.call('GET', '/v1/browser/csrf')
    return page.send('POST', LINKS, { email }, { 'idempotency-key': 'same' })
  }
  const [one, other] = [openPage(gateway, tenant.host), openPage(gateway, tenant.host)]
  const email = freshEmail()
  const first = await send(one, email)
  const repeat = await send(one, email)
  t.equal(repeat.body.data.id, first.body.data.id)
  t.equal(repeat.headers['idempotency-replayed'], 'true')
  const stranger = await send(other, email)
  t.equal(stranger.status, 202)
  t.not(stranger.body.data.id, first.body.data.id)
  t.equal(codeIn(await send(one, freshEmail())), 'IDEMPOTENCY_KEY_REUSED')
})

t.test('a step-up is of the browser’s own session, and needs one', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const before = await stateOf(gateway, tenant.id)
  const visitor = openPage(gateway, tenant.host)
  const body = byMail(page.email, { purpose: 'step_up' })
  t.match(await visitor.call('POST', CODES, body), {
    status: 401,
    body: { error: { code: 'UNAUTHENTICATED' } },
  })
  t.same(await stateOf(gateway, tenant.id), before)
  const asked = await page.call('POST', CODES, body)
  t.equal(asked.status, 202)
  const { code } = await mailed(asked)
  const old = page.cookies.get(SESSION)
  const raised = await page.call('POST', SIGN_IN, { otp_id: asked.body.data.id, code })
  t.match(raised.body.data.session, { id: page.sessionId, amr: ['magic_link', 'otp_email'] })
  t.not(page.cookies.get(SESSION), old)
})

t.test('a code as the next factor is sent to the browser whose sign-in waits, and to no other', async (t) => {
  const chained = await browserTenant(gateway, { policy: { chain: ['otp_email'] } }, SCOPES)
  const page = openPage(gateway, chained.host)
  const email = freshEmail()
  const first = await page.call('POST', LINKS, { email })
  const { body } = await page.call('POST', SIGN_IN, { token: tokenIn(await mailed(first)) })
  t.match(body.data, { session: null, mfa: { methods: ['otp_email'] } })
  const mfa_token: string = body.data.mfa.token
  const other = openPage(gateway, chained.host)
  t.equal(codeIn(await other.call('POST', CODES, byMail(email, { mfa_token }))), 'INVALID_TOKEN')
  const [raw] = mfa_token.split('.')
  t.equal(codeIn(await page.call('POST', CODES, byMail(email, { mfa_token: raw }))), 'INVALID_TOKEN')
  const asked = await page.call('POST', CODES, byMail(email, { mfa_token }))
  t.equal(asked.status, 202)
  const { code } = await mailed(asked)
  const answer = { mfa_token, otp_id: asked.body.data.id, code }
  t.equal(codeIn(await other.call('POST', SIGN_IN, answer)), 'INVALID_TOKEN')
  const signedIn = await page.call('POST', SIGN_IN, answer)
  t.match(signedIn.body.data, { mfa: null, session: { amr: ['magic_link', 'otp_email'] } })
})

t.test('a first factor that policy forbids is refused before anything is sent', async (t) => {
  const strict = await browserTenant(gateway, { policy: { first_factors: ['otp_email'] } })
  const page = openPage(gateway, strict.host)
  t.match(await page.call('POST', LINKS, { email: freshEmail() }), {
    status: 403,
    body: { error: { code: 'FACTOR_NOT_ALLOWED' } },
  })
  t.equal((await page.call('POST', CODES, byMail(freshEmail()))).status, 202)
})

t.test('who has an authenticator is asked for it, however the page began', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  const page = openPage(gateway, tenant.host)
  const asked = await page.call('POST', CODES, byMail(user.email))
  const { code } = await mailed(asked)
  const first = await page.call('POST', SIGN_IN, { otp_id: asked.body.data.id, code })
  t.match(first.body.data, { session: null, mfa: { methods: ['totp', 'recovery_code'] } })
  const mfa_token: string = first.body.data.mfa.token
  const done = await page.call('POST', SIGN_IN, { mfa_token, code: totpCode(user.secret) })
  t.same(done.body.data.session.amr, ['otp_email', 'totp'])
})
