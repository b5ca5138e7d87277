// Single use of second factors over processes: of a hundred at once one wins.

import t from 'tap'
import { post, startGateway } from '../gateway-process.ts'
import { newTenant, openGateway, openHouse } from '../setup.ts'
import { codeOf, newFactorUser, newUser, SCOPES } from './factor-user.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway, SCOPES)
const processes = await Promise.all([startGateway(t, house), startGateway(t, house)])

/** The same request a hundred times at once, half of them to each process. */
const hundred = (path: string, body: object) =>
  Promise.all(
    Array.from({ length: 100 }, (_, at) =>
      post(`${processes[at % 2]?.url}/v1/users/${path}`, tenant.key, body),
    ),
  )
const wins = (answers: ({ status: number } | undefined)[]) =>
  answers.filter((answer) => answer !== undefined && answer.status < 300).length

t.test('of 100 who spend one TOTP step at once over two processes one wins', async (t) => {
  for (let round = 0; round < 3; round++) {
    const user = await newFactorUser(gateway, tenant)
    const answers = await hundred(`${user.id}/recovery-codes`, { code: codeOf(user.secret) })
    t.equal(wins(answers), 1)
    t.equal(answers.filter((answer) => answer?.code === 'INVALID_CODE').length, 10)
    t.equal(answers.filter((answer) => answer?.code === 'IDENTIFIER_LOCKED').length, 89, 'the others wait')
    const { rows } = await house.admin.query('SELECT FROM recovery_codes WHERE user_id = $1', [user.id])
    t.equal(rows.length, 10)
  }
})

t.test('of 100 who spend one recovery code at once over two processes one wins', async (t) => {
  for (let round = 0; round < 3; round++) {
    const user = await newFactorUser(gateway, tenant)
    const answers = await hundred(`${user.id}/totp/disable`, { recovery_code: user.recoveryCodes[0] })
    t.equal(wins(answers), 1)
    t.equal(answers.filter((answer) => answer?.code === 'CONFLICT').length, 99)
  }
})

t.test('of 100 first codes at once over two processes one enables', async (t) => {
  for (let round = 0; round < 3; round++) {
    const id = await newUser(tenant)
    const { body } = await tenant.call('POST', `/v1/users/${id}/totp`, {})
    const answers = await hundred(`${id}/totp/enable`, { code: codeOf(body.data.secret) })
    t.equal(wins(answers), 1)
    t.equal(answers.filter((answer) => answer?.code === 'CONFLICT').length, 99)
    const { rows } = await house.admin.query('SELECT FROM recovery_codes WHERE user_id = $1', [id])
    t.equal(rows.length, 10)
  }
})

t.test('of 100 who set TOTP up at once one secret waits', async (t) => {
  const id = await newUser(tenant)
  t.equal(wins(await hundred(`${id}/totp`, {})), 100, 'the last one counts')
  const { rows } = await house.admin.query('SELECT FROM totp_factors WHERE user_id = $1', [id])
  t.equal(rows.length, 1)
})
