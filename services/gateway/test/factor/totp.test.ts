// TOTP is set up, enabled, replaced and removed against codes of it, each step once.

import decodeQR from 'qr/decode.js'
import t from 'tap'
import { eventsOf, newTenant, openGateway, openHouse } from '../setup.ts'
import { codeOf, newFactorUser, newUser, SCOPES, wrongCodeOf } from './factor-user.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway, SCOPES)
const post = (path: string, payload?: object, headers?: Record<string, string>) =>
  tenant.call('POST', `/v1/users/${path}`, payload, headers)
const factorsOf = async (id: string) =>
  (await house.admin.query('SELECT enabled_at, last_step FROM totp_factors WHERE user_id = $1', [id])).rows

/** The text of a QR code, from its SVG: the dark rectangles are drawn on a canvas and read as a camera would. */
function readQr(svg: string): string {
  const size = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1])
  const scale = 4
  const side = size * scale
  const data = new Uint8Array(side * side * 4).fill(255)
  for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++) {
      for (let col = Number(x) * scale; col < (Number(x) + Number(width)) * scale; col++) {
        data.fill(0, (row * side + col) * 4, (row * side + col) * 4 + 3)
      }
    }
  }
  return decodeQR({ width: side, height: side, data })
}

t.test('what is set up waits for its first code, and the QR code says what the URL says', async (t) => {
  const id = await newUser(tenant)
  const { status, body } = await post(`${id}/totp`)
  t.equal(status, 201)
  const { secret, otpauth_url, qr_svg } = body.data
  t.match(secret, /^[A-Z2-7]{32}$/, '160 bits')
  const url = new URL(otpauth_url)
  t.equal(url.searchParams.get('secret'), secret)
  t.match(decodeURIComponent(url.pathname), /^\/Tenant \d+:p[0-9a-f]+@example\.com$/)
  t.equal(readQr(qr_svg), otpauth_url)
  t.match(qr_svg, /^<svg [^<>]*>(<path [^<>]*\/>)+<\/svg>$/, 'paths, and nothing that a page would run')
  t.same(
    (await factorsOf(id)).map(({ enabled_at }) => enabled_at),
    [null],
  )
  const { token } = await tenant.issue({ email: decodeURIComponent(url.pathname).split(':')[1] })
  const signIn = await tenant.call('POST', '/v1/magic-links/verify', { token })
  t.ok(signIn.body.data.session, 'what waits is not demanded')
})

t.test('the first code enables it and shows ten recovery codes, once', async (t) => {
  const id = await newUser(tenant)
  const { secret } = (await post(`${id}/totp`, {})).body.data
  t.equal((await post(`${id}/totp/enable`, { code: wrongCodeOf(secret) })).body.error.code, 'INVALID_CODE')
  const code = codeOf(secret)
  const { status, body } = await post(`${id}/totp/enable`, { code })
  t.equal(status, 200)
  t.equal(new Set(body.data.recovery_codes).size, 10)
  t.equal((await post(`${id}/totp/enable`, { code })).body.error.code, 'CONFLICT')
  const kinds = (await eventsOf(gateway, tenant.id)).filter(({ subject }) => subject === `user:${id}`)
  t.same(
    kinds.map(({ kind }) => kind).filter((kind) => kind !== 'user.created'),
    ['factor.enrolled', 'mfa.refused', 'factor.enabled', 'recovery_codes.created'],
  )
})

t.test('setting it up again before the first code makes the secret before it worthless', async (t) => {
  const id = await newUser(tenant)
  const first = (await post(`${id}/totp`, {})).body.data.secret
  const second = (await post(`${id}/totp`, {})).body.data.secret
  t.not(second, first)
  t.equal((await post(`${id}/totp/enable`, { code: codeOf(first) })).status, 401)
  t.equal((await post(`${id}/totp/enable`, { code: codeOf(second) })).status, 200)
  t.equal((await factorsOf(id)).length, 1)
})

t.test('what was set up an hour ago cannot be enabled any more', async (t) => {
  const id = await newUser(tenant)
  const { secret } = (await post(`${id}/totp`, {})).body.data
  await house.admin.query(
    `UPDATE totp_factors SET created_at = now() - interval '61 minutes' WHERE user_id = $1`,
    [id],
  )
  t.equal((await post(`${id}/totp/enable`, { code: codeOf(secret) })).body.error.code, 'CONFLICT')
})

t.test(
  'an active one is replaced against its code only, and counts until the new one is enabled',
  async (t) => {
    const { id, secret, recoveryCodes, rewind } = await newFactorUser(gateway, tenant)
    t.equal((await post(`${id}/totp`, {})).body.error.code, 'CONFLICT')
    t.equal((await post(`${id}/totp`, { code: wrongCodeOf(secret) })).body.error.code, 'INVALID_CODE')
    const replaced = await post(`${id}/totp`, { code: codeOf(secret) })
    t.equal(replaced.status, 201)
    await rewind()
    const young = replaced.body.data.secret
    t.equal(
      (await post(`${id}/recovery-codes`, { code: codeOf(young) })).status,
      401,
      'the new one does not count yet',
    )
    t.equal((await post(`${id}/totp/enable`, { code: codeOf(young) })).status, 200)
    t.equal((await factorsOf(id)).length, 1)
    await rewind()
    t.equal((await post(`${id}/totp/disable`, { code: codeOf(secret) })).status, 401, 'the old one is gone')
    const [old] = recoveryCodes
    t.equal((await post(`${id}/totp/disable`, { recovery_code: old })).status, 401, 'and its recovery codes')
    t.equal((await post(`${id}/totp/disable`, { code: codeOf(young) })).status, 200)
  },
)

t.test('a step is accepted once, and no earlier one after it', async (t) => {
  const { id, secret } = await newFactorUser(gateway, tenant)
  const earlier = codeOf(secret, -1)
  const code = codeOf(secret)
  t.equal((await post(`${id}/recovery-codes`, { code })).status, 200)
  for (const again of [code, earlier]) {
    t.equal((await post(`${id}/recovery-codes`, { code: again })).body.error.code, 'INVALID_CODE')
    t.equal((await post(`${id}/totp`, { code: again })).status, 401)
    t.equal((await post(`${id}/totp/disable`, { code: again })).status, 401)
  }
  t.equal((await factorsOf(id)).length, 1)
})

t.test('a code of the next step, or of two before, is wrong', async (t) => {
  const { id, secret } = await newFactorUser(gateway, tenant)
  // Far enough off to be wrong also when the step changes under way.
  for (const steps of [-3, 3]) {
    t.equal((await post(`${id}/recovery-codes`, { code: codeOf(secret, steps) })).status, 401)
  }
})

t.test('recovery codes are the user’s, however the request spelled the id', async (t) => {
  const { id, secret } = await newFactorUser(gateway, tenant)
  const { body } = await post(`${id.toUpperCase()}/recovery-codes`, { code: codeOf(secret) })
  const [code] = body.data.recovery_codes
  t.equal((await post(`${id}/totp/disable`, { recovery_code: code })).status, 200)
})

t.test('disabling takes a code or a recovery code, and leaves nothing to sign in with', async (t) => {
  const byCode = await newFactorUser(gateway, tenant)
  t.equal((await post(`${byCode.id}/totp/disable`, { code: wrongCodeOf(byCode.secret) })).status, 401)
  t.equal((await post(`${byCode.id}/totp/disable`, { code: codeOf(byCode.secret) })).status, 200)
  const byRecovery = await newFactorUser(gateway, tenant)
  const [used, other] = byRecovery.recoveryCodes
  const bodies = [{ recovery_code: 'no code at all' }, { recovery_code: byCode.recoveryCodes[0] }]
  for (const body of bodies) t.equal((await post(`${byRecovery.id}/totp/disable`, body)).status, 401)
  const typed = used?.toLowerCase().replaceAll('-', ' ')
  t.equal((await post(`${byRecovery.id}/totp/disable`, { recovery_code: typed })).status, 200)
  for (const { id } of [byCode, byRecovery]) {
    t.equal((await factorsOf(id)).length, 0)
    const { rows } = await house.admin.query(
      'SELECT FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL',
      [id],
    )
    t.equal(rows.length, 0)
    t.equal((await post(`${id}/totp/disable`, { recovery_code: other })).body.error.code, 'CONFLICT')
    t.equal((await post(`${id}/totp`, {})).status, 201, 'it can be set up again')
  }
})

t.test('a new set of recovery codes makes the old one worthless', async (t) => {
  const { id, secret, recoveryCodes, rewind } = await newFactorUser(gateway, tenant)
  const { body } = await post(`${id}/recovery-codes`, { code: codeOf(secret) })
  const fresh: string[] = body.data.recovery_codes
  t.equal(fresh.length, 10)
  await rewind()
  t.equal((await post(`${id}/totp/disable`, { recovery_code: recoveryCodes[3] })).status, 401)
  t.equal((await post(`${id}/totp/disable`, { recovery_code: fresh[3] })).status, 200)
})

t.test('what a client repeats with its Idempotency-Key is done once, and told without secrets', async (t) => {
  const id = await newUser(tenant)
  const key = (text: string) => ({ 'idempotency-key': `${text}-${id}` })
  const enrolled = await post(`${id}/totp`, {}, key('enrol'))
  const again = await post(`${id}/totp`, {}, key('enrol'))
  t.match(again, {
    status: 201,
    headers: { 'idempotency-replayed': 'true' },
    body: { meta: { secrets_withheld: true } },
  })
  t.same(again.body.data, { secret: null, otpauth_url: null, qr_svg: null })
  const code = codeOf(enrolled.body.data.secret)
  t.equal(
    (await post(`${id}/totp/enable`, { code: wrongCodeOf(enrolled.body.data.secret) }, key('enable'))).status,
    401,
  )
  t.equal(
    (await post(`${id}/totp/enable`, { code }, key('enable'))).status,
    200,
    'a refusal is not remembered',
  )
  t.same((await post(`${id}/totp/enable`, { code }, key('enable'))).body.data, {
    recovery_codes: null,
    sign_in: null,
  })
  await house.admin.query('UPDATE totp_factors SET last_step = 0 WHERE user_id = $1', [id])
  t.equal((await post(`${id}/recovery-codes`, { code }, key('renew'))).body.data.recovery_codes.length, 10)
  t.same((await post(`${id}/recovery-codes`, { code }, key('renew'))).body.data, { recovery_codes: null })
})

t.test('a secret that was moved to another row does not open there', async (t) => {
  const [mine, theirs] = [await newFactorUser(gateway, tenant), await newFactorUser(gateway, tenant)]
  await house.admin.query(
    `UPDATE totp_factors SET (secret, secret_version) = (SELECT secret, secret_version FROM totp_factors
       WHERE user_id = $1) WHERE user_id = $2`,
    [mine.id, theirs.id],
  )
  const answer = await post(`${theirs.id}/totp/disable`, { code: codeOf(mine.secret) })
  t.equal(answer.body.error.code, 'INTERNAL')
  t.same(
    (await factorsOf(theirs.id)).map(({ last_step }) => last_step),
    ['0'],
  )
  t.equal((await post(`${mine.id}/totp/disable`, { code: codeOf(mine.secret) })).status, 200)
})

t.test('only its own tenant can touch a user’s factors, with the scope for it', async (t) => {
  const { id, secret, recoveryCodes } = await newFactorUser(gateway, tenant)
  const other = await newTenant(gateway, SCOPES)
  const reader = await newTenant(gateway, ['challenges:write', 'users:read'])
  const calls: [string, object][] = [
    ['totp', { code: codeOf(secret) }],
    ['totp/enable', { code: codeOf(secret) }],
    ['totp/disable', { code: codeOf(secret) }],
    ['totp/disable', { recovery_code: recoveryCodes[0] }],
    ['recovery-codes', { code: codeOf(secret) }],
  ]
  for (const [path, body] of calls) {
    t.equal((await other.call('POST', `/v1/users/${id}/${path}`, body)).status, 404)
    t.equal((await reader.call('POST', `/v1/users/${id}/${path}`, body)).status, 403)
  }
  t.same(
    (await factorsOf(id)).map(({ last_step }) => last_step),
    ['0'],
  )
  t.equal((await post(`${id}/totp/disable`, { code: codeOf(secret) })).status, 200)
})

t.test('what is no code is refused before anything is counted', async (t) => {
  const { id, secret } = await newFactorUser(gateway, tenant)
  for (const code of ['12345', '1234567', '12345a', '１２３４５６', 123456, '123456\n', null, ['123456']]) {
    t.equal((await post(`${id}/recovery-codes`, { code })).status, 400)
  }
  t.equal(
    (await post(`${id}/totp/disable`, { code: codeOf(secret), recovery_code: 'x' })).status,
    400,
    'one of them',
  )
  t.equal((await post(`${id}/totp/disable`, {})).status, 400)
  const { rows } = await house.admin.query('SELECT FROM factor_guards WHERE user_id = $1', [id])
  t.equal(rows.length, 0)
})
