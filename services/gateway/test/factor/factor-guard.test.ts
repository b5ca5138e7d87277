// Wrong second factors add up, whatever asked for them: ten make the user wait, a hundred turn six digits off.

import t from 'tap'
import { eventsOf, newTenant, openGateway, openHouse } from '../setup.ts'
import { codeOf, type FactorUser, newFactorUser, SCOPES, wrongCodeOf } from './factor-user.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway, SCOPES)
const renew = (user: FactorUser, code: string) =>
  tenant.call('POST', `/v1/users/${user.id}/recovery-codes`, { code })
const disable = (user: FactorUser, body: object) =>
  tenant.call('POST', `/v1/users/${user.id}/totp/disable`, body)
const guardOf = async ({ id }: FactorUser) =>
  (
    await house.admin.query(
      `SELECT failures, disabled_at IS NOT NULL AS disabled,
              round(extract(epoch FROM wait_until - now()) / 60)::integer AS minutes FROM factor_guards WHERE user_id = $1`,
      [id],
    )
  ).rows[0]
const setFailures = ({ id }: FactorUser, failures: number) =>
  house.admin.query(
    `INSERT INTO factor_guards (tenant_id, user_id, failures) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id, user_id) DO UPDATE SET failures = $3, wait_until = NULL`,
    [tenant.id, id, failures],
  )

t.test('ten wrong answers in a row, of any kind, make the user wait', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  const wrong = wrongCodeOf(user.secret)
  const told = []
  for (let n = 1; n <= 10; n++) {
    const answer =
      n % 3 === 0
        ? await disable(user, { recovery_code: 'AAAA-BBBB' })
        : n % 3 === 1
          ? await renew(user, wrong)
          : await disable(user, { code: wrong })
    t.equal(answer.body.error.code, 'INVALID_CODE')
    told.push(answer.body.error.details[0].remaining_attempts)
  }
  t.same(told, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  t.same(await guardOf(user), { failures: 10, disabled: false, minutes: 15 })
  const right = [renew(user, codeOf(user.secret)), disable(user, { recovery_code: user.recoveryCodes[0] })]
  for (const { status, headers, body } of await Promise.all(right)) {
    t.match({ status, code: body.error.code }, { status: 429, code: 'IDENTIFIER_LOCKED' })
    t.match(headers, {
      'ratelimit-policy': '"second-factor";q=10;w=900',
      ratelimit: /^"second-factor";r=0;t=\d+$/,
    })
    t.ok(Number(headers['retry-after']) > 890 && Number(headers['retry-after']) <= 900)
  }
  t.same(await guardOf(user), { failures: 10, disabled: false, minutes: 15 }, 'who waits is not counted')
  const locked = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'factor.locked')
  t.match(locked, [{ subject: `user:${user.id}`, reason: 'waits' }])
  await house.admin.query(`UPDATE factor_guards SET wait_until = now() WHERE user_id = $1`, [user.id])
  t.equal((await renew(user, codeOf(user.secret))).status, 200, 'the code was not spent meanwhile')
  t.same(await guardOf(user), { failures: 0, disabled: false, minutes: null }, 'and a right one ends the row')
})

t.test('the wait grows from 15 minutes to an hour', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  for (const [failures, minutes] of [
    [9, 15],
    [19, 30],
    [29, 60],
    [39, 60],
    [89, 60],
  ] as const) {
    await setFailures(user, failures)
    await renew(user, wrongCodeOf(user.secret))
    t.same(await guardOf(user), { failures: failures + 1, disabled: false, minutes })
  }
})

t.test('after a hundred six digits are off until a recovery code is proven', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  await setFailures(user, 99)
  await renew(user, wrongCodeOf(user.secret))
  t.same(await guardOf(user), { failures: 100, disabled: true, minutes: 60 })
  await house.admin.query(`UPDATE factor_guards SET wait_until = now() WHERE user_id = $1`, [user.id])
  const refused = await renew(user, codeOf(user.secret))
  t.match(refused, {
    status: 429,
    body: { error: { code: 'IDENTIFIER_LOCKED', details: [{ disabled: true }] } },
  })
  t.ok(refused.headers['retry-after'])
  const locked = (await eventsOf(gateway, tenant.id)).filter(
    ({ subject, kind }) => kind === 'factor.locked' && subject.endsWith(user.id),
  )
  t.match(locked, [{ reason: 'disabled' }])
  t.equal(
    (await disable(user, { recovery_code: 'AAAA-BBBB-CCCC-DDDD' })).status,
    401,
    'a wrong one still counts',
  )
  t.same(await guardOf(user), { failures: 101, disabled: true, minutes: null })
  t.equal((await disable(user, { recovery_code: user.recoveryCodes[0] })).status, 200)
  t.same(await guardOf(user), { failures: 0, disabled: false, minutes: null })
})

t.test('a link that the user proves meanwhile does not end the row of wrong codes', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  const email = (await house.admin.query('SELECT email FROM users WHERE id = $1', [user.id])).rows[0].email
  await renew(user, wrongCodeOf(user.secret))
  const { token } = await tenant.issue({ email })
  await tenant.call('POST', '/v1/magic-links/verify', { token })
  t.equal((await guardOf(user)).failures, 1)
})

t.test('a restart forgets no wrong code', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  const wrong = wrongCodeOf(user.secret)
  for (let n = 0; n < 6; n++) await renew(user, wrong)
  const other = await openGateway(t, house)
  const post = (code: string) =>
    other.call({
      method: 'POST',
      url: `/v1/users/${user.id}/recovery-codes`,
      headers: { authorization: `Bearer ${tenant.key}` },
      payload: { code },
    })
  for (let n = 0; n < 4; n++) t.equal((await post(wrong)).status, 401)
  t.equal((await post(codeOf(user.secret))).status, 429)
})
