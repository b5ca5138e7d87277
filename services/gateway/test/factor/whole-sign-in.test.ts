// Sign-ins of several factors as clients walk them: every challenge is asked for, mailed or texted, and brought back.

import { randomBytes } from 'node:crypto'
import { challengeOf } from '@postern/token/pkce'
import t from 'tap'
import {
  freshEmail,
  freshPhone,
  mailedPayload,
  newTenant,
  openGateway,
  openHouse,
  operator,
} from '../setup.ts'
import { codeOf, proveLink, SCOPES } from './factor-user.ts'

const MULTI = 'urn:postern:acr:multi-factor'
const house = await openHouse(t)
const gateway = await openGateway(t, house)

t.test('a new person proves mailbox, phone and authenticator, and signs in with them again', async (t) => {
  const tenant = await newTenant(gateway, SCOPES, { policy: { chain: ['otp_sms', 'totp'] } })
  const call = (path: string, body: object) => tenant.call('POST', path, body)
  const [email, phone] = [freshEmail(), freshPhone()]

  const first = await proveLink(tenant, email)
  t.match(first, { created: true, session: null, mfa: { enrollment_required: true, methods: ['otp_sms'] } })
  const sent = await tenant.issueCode({ channel: 'sms', to: phone, mfa_token: first.mfa.token })
  t.equal((await call('/v1/otps/verify', { id: sent.id, code: sent.code })).body.error.code, 'INVALID_CODE')
  const resent = (await tenant.call('POST', `/v1/otps/${sent.id}/resend`)).body.data
  const { code = '' } = await mailedPayload(gateway, resent.delivery.id)
  const answer = (otp_id: string, code: string) => ({ mfa_token: first.mfa.token, otp_id, code })
  t.equal((await call('/v1/mfa/verify', answer(sent.id, sent.code))).body.error.code, 'TOKEN_SUPERSEDED')
  const second = (await call('/v1/mfa/verify', answer(resent.id, code))).body.data
  t.match(second, { user: { phone }, session: null, mfa: { enrollment_required: true, methods: ['totp'] } })

  const totp = `/v1/users/${first.user.id}/totp`
  const { secret } = (await call(totp, { mfa_token: second.mfa.token })).body.data
  const enabled = await call(`${totp}/enable`, { code: codeOf(secret), mfa_token: second.mfa.token })
  t.match(enabled.body.data.sign_in, {
    created: true,
    session: { amr: ['magic_link', 'otp_sms', 'totp'], acr: MULTI },
  })

  // The same person begins with the phone this time: it is not asked for twice.
  const texted = await tenant.issueCode({ channel: 'sms', to: phone })
  const again = (await call('/v1/otps/verify', { id: texted.id, code: texted.code })).body.data
  t.match(again, { user: { id: first.user.id }, created: false, mfa: { methods: ['totp', 'recovery_code'] } })
  const [recovery] = enabled.body.data.recovery_codes
  const done = await call('/v1/mfa/verify', { mfa_token: again.mfa.token, recovery_code: recovery })
  t.match(done.body.data.session, { amr: ['otp_sms', 'recovery_code'], acr: MULTI })
})

t.test('a link with PKCE is a next factor as it is a first one', async (t) => {
  const tenant = await newTenant(gateway, SCOPES)
  const [email, phone] = [freshEmail(), freshPhone()]
  await proveLink(tenant, email)
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, {
    policy: { chain: ['otp_sms', 'magic_link'] },
  })
  const begun = await tenant.issueCode({ channel: 'sms', to: phone })
  const { mfa } = (await tenant.call('POST', '/v1/otps/verify', { id: begun.id, code: begun.code })).body.data
  t.match(mfa, { enrollment_required: true, methods: ['magic_link'] })
  const code_verifier = randomBytes(32).toString('base64url')
  const ask = (to: string) =>
    tenant.issue({ email: to, mfa_token: mfa.token, code_challenge: challengeOf(code_verifier) })
  const verify = (token: string, more: object = { code_verifier }) =>
    tenant.call('POST', '/v1/mfa/verify', { mfa_token: mfa.token, token, ...more })
  const taken = await ask(email)
  t.equal((await verify(taken.token)).body.error.code, 'CONFLICT', 'the mailbox is of the user from before')
  const mine = freshEmail()
  const { token } = await ask(mine)
  t.equal((await verify(token, {})).body.error.code, 'INVALID_TOKEN', 'not without the verifier')
  const { body } = await verify(token)
  t.match(body.data, {
    user: { email: mine, phone },
    session: { amr: ['otp_sms', 'magic_link'], acr: MULTI },
  })
})

t.test('a code to the mailbox that the link went to adds nothing but its own line', async (t) => {
  const tenant = await newTenant(gateway, SCOPES, { policy: { chain: ['otp_email'] } })
  const email = freshEmail()
  const { mfa } = await proveLink(tenant, email)
  const elsewhere = { channel: 'email', to: freshEmail(), mfa_token: mfa.token }
  t.equal((await tenant.call('POST', '/v1/otps', elsewhere)).body.error.code, 'FACTOR_NOT_ALLOWED')
  const { id, code } = await tenant.issueCode({ to: email, mfa_token: mfa.token })
  const { body } = await tenant.call('POST', '/v1/mfa/verify', { mfa_token: mfa.token, otp_id: id, code })
  t.match(body.data.session, { amr: ['magic_link', 'otp_email'], acr: 'urn:postern:acr:one-factor' })
})
