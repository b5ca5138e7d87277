// Signing in by code, and raising a session: a browser raises its own session and nobody else's.

import t from 'tap'
import { plantCode } from '../../challenge/planted-code.ts'
import { freshEmail, openGateway, openHouse } from '../../setup.ts'
import { browserTenant, CSRF, openPage, type Page, SESSION } from '../browser-page.ts'
import { signedInPage, stateOf } from '../signed-in-page.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await browserTenant(gateway)
const URL = '/v1/browser/session'
const codeIn = (answer: { body: { error: { code: string } | null } }) => answer.body.error?.code
const whoIs = async (page: Page) => (await page.send('GET', URL)).body.data

t.test('a code signs in, once, and wrong ones are counted as for the API', async (t) => {
  const page = openPage(gateway, tenant.host)
  const email = freshEmail()
  const { id: otp_id, code, wrong } = await plantCode(gateway, tenant, { to: email })
  const refused = await page.call('POST', URL, { otp_id, code: wrong() })
  t.match(refused, {
    status: 401,
    body: { error: { code: 'INVALID_CODE', details: [{ remaining_attempts: 4 }] } },
  })
  t.match((await page.call('POST', URL, { otp_id, code: '12345' })).status, 400)
  const { status, body } = await page.call('POST', URL, { otp_id, code })
  t.equal(status, 200)
  t.match(body.data, { user: { email }, session: { amr: ['otp_email'] }, mfa: null })
  t.notMatch(JSON.stringify(body), /eyJ|refresh|access/)
  t.match(await whoIs(page), { user: { email } })
  t.equal(codeIn(await openPage(gateway, tenant.host).call('POST', URL, { otp_id, code })), 'TOKEN_USED')
  t.equal(
    codeIn(await openPage(gateway, (await browserTenant(gateway)).host).call('POST', URL, { otp_id, code })),
    'INVALID_CODE',
  )
})

t.test('a locked identifier says so, with the wait', async (t) => {
  const page = openPage(gateway, tenant.host)
  const to = freshEmail()
  let last = await page.call('GET', '/v1/browser/csrf')
  for (let tries = 0; tries < 11; tries++) {
    const { id: otp_id, wrong } = await plantCode(gateway, tenant, { to })
    last = await page.call('POST', URL, { otp_id, code: wrong() })
  }
  t.match(last, {
    status: 429,
    headers: { 'retry-after': /\d+/ },
    body: { error: { code: 'IDENTIFIER_LOCKED' } },
  })
})

t.test('a step-up raises the browser’s own session: same session, new cookie, new CSRF token', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const before = new Map(page.cookies)
  const { id: otp_id, code } = await plantCode(gateway, tenant, {
    to: page.email,
    purpose: 'step_up',
    sessionId: page.sessionId,
  })
  const { status, body } = await page.call('POST', URL, { otp_id, code })
  t.equal(status, 200)
  t.match(body.data, {
    purpose: 'step_up',
    session: { id: page.sessionId, amr: ['magic_link', 'otp_email'] },
  })
  t.not(page.cookies.get(SESSION), before.get(SESSION))
  t.not(page.cookies.get(CSRF), before.get(CSRF))
  t.match(await whoIs(page), { session: { id: page.sessionId, amr: ['magic_link', 'otp_email'] } })
  page.cookies.set(CSRF, before.get(CSRF) ?? '')
  t.equal(codeIn(await page.send('DELETE', URL)), 'CSRF_FAILED', 'the token from before')
  const old = openPage(gateway, tenant.host)
  for (const [name, value] of before) old.cookies.set(name, value)
  t.equal(codeIn(await old.send('POST', `${URL}/refresh`)), 'TOKEN_USED', 'nobody can repeat what was drawn')
  t.ok(await whoIs(page), 'and asking did not end the session')
})

t.test('a proof that would raise another session does nothing, whoever brings it', async (t) => {
  const victim = await signedInPage(gateway, tenant)
  const { id: otp_id, code } = await plantCode(gateway, tenant, {
    to: victim.email,
    purpose: 'step_up',
    sessionId: victim.sessionId,
  })
  const before = await stateOf(gateway, tenant.id)
  const others = [openPage(gateway, tenant.host), await signedInPage(gateway, tenant, victim.email)]
  const between = await stateOf(gateway, tenant.id)
  for (const other of others) {
    t.match(await other.call('POST', URL, { otp_id, code }), {
      status: 401,
      body: { error: { code: 'SESSION_REVOKED' } },
    })
    t.notOk(Object.keys(other.set()).includes(SESSION), 'no cookie of that session')
  }
  t.same(await stateOf(gateway, tenant.id), between, 'not even a try was counted')
  t.not(before, between)
  t.equal((await victim.call('POST', URL, { otp_id, code })).status, 200, 'whose it is may still use it')
})
