// Single use of second factors over processes: of a hundred at once one wins.

import { mintMfaToken, readMfaToken } from '@postern/token/mfa-token'
import t from 'tap'
import { post, startGateway } from '../gateway-process.ts'
import { overlapping } from '../overlap.ts'
import { newTenant, openGateway, openHouse } from '../setup.ts'
import { codeOf, newFactorUser, newUser, proveLink, SCOPES, wrongCodeOf } from './factor-user.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway, SCOPES)
const processes = await Promise.all([startGateway(t, house), startGateway(t, house)])

/** The same request a hundred times at once, half of them to each process; or a path or body each. */
const hundred = (path: string | ((at: number) => string), body: object | ((at: number) => object)) =>
  Promise.all(
    Array.from({ length: 100 }, (_, at) =>
      post(
        `${processes[at % 2]?.url}/v1/${typeof path === 'function' ? path(at) : path}`,
        tenant.key,
        typeof body === 'function' ? body(at) : body,
      ),
    ),
  )
const sessionsOf = async (userId: string) =>
  (await house.admin.query('SELECT FROM sessions WHERE user_id = $1', [userId])).rows.length
const wins = (answers: ({ status: number } | undefined)[]) =>
  answers.filter((answer) => answer !== undefined && answer.status < 300).length

t.test('of 100 who spend one TOTP step at once over two processes one wins', async (t) => {
  for (let round = 0; round < 3; round++) {
    const user = await newFactorUser(gateway, tenant)
    const answers = await hundred(`users/${user.id}/recovery-codes`, { code: codeOf(user.secret) })
    t.equal(wins(answers), 1)
    t.equal(answers.filter((answer) => answer?.code === 'INVALID_CODE').length, 10)
    t.equal(answers.filter((answer) => answer?.code === 'IDENTIFIER_LOCKED').length, 89, 'the others wait')
    const { rows } = await house.admin.query('SELECT FROM recovery_codes WHERE user_id = $1', [user.id])
    t.equal(rows.length, 10)
  }
})

/** The id in one of its many spellings: with these of its characters in upper case. */
const spelled = (id: string, at: number) =>
  [...id].map((char, place) => ((at >> (place % 7)) & 1 ? char.toUpperCase() : char)).join('')

t.test('of 100 wrong codes at once over two processes ten are looked at', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  await house.admin.query('INSERT INTO factor_guards (tenant_id, user_id, failures) VALUES ($1, $2, 0)', [
    tenant.id,
    user.id,
  ])
  const path = (at: number) => `users/${spelled(user.id, at)}/recovery-codes`
  // Held back until many have begun: each of them has seen a guard without failures.
  const sql = 'SELECT FROM factor_guards WHERE user_id = $1 FOR UPDATE'
  const [answers = []] = await overlapping(house, { sql, values: [user.id], waiting: 11 }, () => [
    hundred(path, { code: wrongCodeOf(user.secret) }),
  ])
  t.equal(answers.filter((answer) => answer?.code === 'INVALID_CODE').length, 10)
  t.equal(answers.filter((answer) => answer?.code === 'IDENTIFIER_LOCKED').length, 90)
  const { rows } = await house.admin.query('SELECT failures FROM factor_guards WHERE user_id = $1', [user.id])
  t.equal(rows[0].failures, 10)
})

t.test('of 100 who spend one recovery code at once over two processes one wins', async (t) => {
  for (let round = 0; round < 3; round++) {
    const user = await newFactorUser(gateway, tenant)
    const answers = await hundred(`users/${user.id}/totp/disable`, { recovery_code: user.recoveryCodes[0] })
    t.equal(wins(answers), 1)
    t.equal(answers.filter((answer) => answer?.code === 'CONFLICT').length, 99)
  }
})

t.test('of 100 first codes at once over two processes one enables', async (t) => {
  for (let round = 0; round < 3; round++) {
    const id = await newUser(tenant)
    const { body } = await tenant.call('POST', `/v1/users/${id}/totp`, {})
    const answers = await hundred(`users/${id}/totp/enable`, { code: codeOf(body.data.secret) })
    t.equal(wins(answers), 1)
    t.equal(answers.filter((answer) => answer?.code === 'CONFLICT').length, 99)
    const { rows } = await house.admin.query('SELECT FROM recovery_codes WHERE user_id = $1', [id])
    t.equal(rows.length, 10)
  }
})

t.test('of 100 who set TOTP up at once one secret waits', async (t) => {
  const id = await newUser(tenant)
  t.equal(wins(await hundred(`users/${id}/totp`, {})), 100, 'the last one counts')
  const { rows } = await house.admin.query('SELECT FROM totp_factors WHERE user_id = $1', [id])
  t.equal(rows.length, 1)
})

t.test('of 100 completions of one sign-in at once over two processes one opens a session', async (t) => {
  for (let round = 0; round < 3; round++) {
    const user = await newFactorUser(gateway, tenant)
    const before = await sessionsOf(user.id)
    const { mfa } = await proveLink(tenant, user.email)
    const code = codeOf(user.secret)
    const answers = await hundred('mfa/verify', (at) => ({
      mfa_token: mfa.token,
      ...(at % 2 ? { code } : { recovery_code: user.recoveryCodes[at % 10] }),
    }))
    t.equal(wins(answers), 1)
    t.equal(answers.filter((answer) => answer?.code === 'TOKEN_USED').length, 99)
    t.equal((await sessionsOf(user.id)) - before, 1)
    const { rows } = await house.admin.query(
      `SELECT (SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NOT NULL) +
              (SELECT count(*) FROM totp_factors WHERE user_id = $1 AND last_step > 0) AS spent`,
      [user.id],
    )
    t.equal(rows[0].spent, '1', 'one factor is spent for it')
  }
})

t.test('of 100 sign-ins that bring one step at once over two processes one goes on', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  const before = await sessionsOf(user.id)
  const { mfa } = await proveLink(tenant, user.email)
  const tokens = [mfa.token, ...(await copiesOf(mfa.token, 99))]
  const code = codeOf(user.secret)
  const answers = await hundred('mfa/verify', (at) => ({ mfa_token: tokens[at], code }))
  t.equal(wins(answers), 1)
  t.equal((await sessionsOf(user.id)) - before, 1)
})

t.test('of 100 wrong answers to one sign-in at once six are looked at', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  const { mfa } = await proveLink(tenant, user.email)
  const answers = await hundred('mfa/verify', { mfa_token: mfa.token, code: wrongCodeOf(user.secret) })
  t.equal(answers.filter((answer) => answer?.code === 'INVALID_CODE').length, 6)
  t.equal(answers.filter((answer) => answer?.code === 'ATTEMPTS_EXHAUSTED').length, 94)
})

/** Sign-ins beside one, as if the person had begun so many: links are limited, their number is not the point here. */
async function copiesOf(token: string, count: number): Promise<string[]> {
  const { pepper, random } = gateway.context
  const original = readMfaToken(pepper, token)
  const copies: string[] = []
  for (let n = 0; n < count; n++) {
    const pendingId = random.uuid()
    const copy = mintMfaToken(pepper, { tenantId: tenant.id, pendingId, random: random.bytes(16) })
    await house.admin.query(
      `INSERT INTO pending_sign_ins (tenant_id, id, user_id, purpose, digest, key_version, amr, challenge_id, user_created, expires_at)
       SELECT tenant_id, $2, user_id, purpose, $3, key_version, amr, challenge_id, user_created, expires_at
         FROM pending_sign_ins WHERE id = $1`,
      [original?.pendingId, pendingId, copy.digest],
    )
    copies.push(copy.token)
  }
  return copies
}
