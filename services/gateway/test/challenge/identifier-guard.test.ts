// Wrong codes add up per identifier, over codes, resends and restarts, in Postgres alone. They make codes wait and then turn
// them off; links go on, and whoever proves the mailbox by one has codes again.

import t from 'tap'
import { eventsOf, freshEmail, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'
import { type PlantedCode, plantCode, verifyCode } from './planted-code.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

const guardOf = async (tenant: Tenant, to: string) => {
  const { rows } = await house.admin.query(
    `SELECT failures, round(extract(epoch FROM wait_until - now()) / 60)::int AS waits, disabled_at IS NOT NULL AS disabled
       FROM identifier_guards WHERE tenant_id = $1 AND limit_key = $2`,
    [tenant.id, to],
  )
  return rows[0]
}
const endWait = (tenant: Tenant) =>
  house.admin.query(`UPDATE identifier_guards SET wait_until = now() WHERE tenant_id = $1`, [tenant.id])
/** Guesses wrong as often as told, with a new code whenever one is used up; answers the last guess. */
async function guess(tenant: Tenant, to: string, times: number) {
  let planted: PlantedCode | undefined
  let answer = await tenant.call('GET', '/livez')
  for (let n = 0; n < times; n++) {
    if (n % 5 === 0 || planted === undefined) planted = await plantCode(gateway, tenant, { to })
    answer = await verifyCode(tenant, planted.id, planted.wrong(n + 1))
  }
  return answer
}
const lockEvents = async (tenant: Tenant) =>
  (await eventsOf(gateway, tenant.id))
    .filter(({ kind }) => kind.startsWith('identifier.'))
    .map(({ kind, reason }) => [kind, reason])

t.test(
  'ten wrong codes make the identifier wait; a guess meanwhile is not compared and changes nothing',
  async (t) => {
    const tenant = await newTenant(gateway)
    const to = freshEmail()
    const tenth = await guess(tenant, to, 10)
    t.match(tenth.body.error, { code: 'INVALID_CODE', details: [{ remaining_attempts: 0 }] })
    t.equal(tenth.headers['retry-after'], '900', 'the wait is told with the guess that began it')
    const next = await plantCode(gateway, tenant, { to })
    await house.admin.query(
      `UPDATE identifier_guards SET wait_until = now() + interval '100 s' WHERE tenant_id = $1`,
      [tenant.id],
    )
    for (const code of [next.wrong(), next.code]) {
      const { status, body, headers } = await verifyCode(tenant, next.id, code)
      t.equal(status, 429)
      t.match(body.error, { code: 'IDENTIFIER_LOCKED', details: [{ disabled: false }] })
      t.ok(Number(headers['retry-after']) <= 100 && Number(headers['retry-after']) > 90)
      t.match(headers, { 'ratelimit-policy': '"failures";q=10;w=900', ratelimit: /^"failures";r=0;t=\d+$/ })
    }
    const { failures, waits } = await guardOf(tenant, to)
    t.equal(failures, 10)
    t.ok(waits <= 2, 'the wait was not begun anew')
    const { rows } = await house.admin.query('SELECT tries FROM challenges WHERE id = $1', [next.id])
    t.equal(rows[0].tries, 0)
    await endWait(tenant)
    t.equal((await verifyCode(tenant, next.id, next.code)).status, 200, 'the code is as good as before')
    t.strictSame(await lockEvents(tenant), [['identifier.locked', 'waiting']])
  },
)

t.test(
  'each wait is twice as long, up to an hour; at a hundred codes are off until the mailbox is proven',
  async (t) => {
    const tenant = await newTenant(gateway)
    const to = freshEmail()
    const waits = []
    for (let round = 1; round <= 10; round++) {
      await guess(tenant, to, 10)
      const guard = await guardOf(tenant, to)
      t.equal(guard.failures, round * 10)
      waits.push(guard.waits)
      await endWait(tenant)
    }
    t.strictSame(waits, [15, 30, ...Array(8).fill(60)], 'minutes')
    const { id, code } = await plantCode(gateway, tenant, { to })
    const off = await verifyCode(tenant, id, code)
    t.match(off.body.error, { code: 'IDENTIFIER_LOCKED', details: [{ disabled: true }] })
    t.equal(off.headers['retry-after'], '3600')
    const { token } = await tenant.issue({ email: to })
    t.equal(
      (await tenant.call('POST', '/v1/magic-links/verify', { token })).status,
      200,
      'a link is never locked',
    )
    t.match(await guardOf(tenant, to), { failures: 0, waits: null, disabled: false })
    t.equal((await verifyCode(tenant, id, code)).status, 200)
    t.strictSame((await lockEvents(tenant)).slice(-2), [
      ['identifier.locked', 'disabled'],
      ['identifier.unlocked', 'link_proven'],
    ])
  },
)

t.test('a right code ends the row of failures', async (t) => {
  const tenant = await newTenant(gateway)
  const to = freshEmail()
  await guess(tenant, to, 9)
  const { id, code } = await plantCode(gateway, tenant, { to })
  t.equal((await verifyCode(tenant, id, code)).status, 200)
  t.match(await guardOf(tenant, to), { failures: 0, waits: null })
  const answer = await guess(tenant, to, 9)
  t.equal(answer.body.error.code, 'INVALID_CODE')
})

t.test(
  'wrong codes over twenty resends, purposes and a restart stop at the identifier’s limit',
  async (t) => {
    const tenant = await newTenant(gateway)
    const to = freshEmail()
    const answers: string[] = []
    for (let sent = 0; sent < 20; sent++) {
      const purpose = sent % 2 === 0 ? 'sign_in' : 'verify_email'
      const planted = await plantCode(gateway, tenant, { to, purpose })
      const process = sent < 10 ? gateway : await openGateway(t, house)
      for (let n = 0; n < 5; n++) {
        const { body } = await process.call({
          method: 'POST',
          url: '/v1/otps/verify',
          headers: { authorization: `Bearer ${tenant.key}` },
          payload: { id: planted.id, code: planted.wrong(n + 1) },
        })
        answers.push(body.error.code)
      }
    }
    t.strictSame(answers, [...Array(10).fill('INVALID_CODE'), ...Array(90).fill('IDENTIFIER_LOCKED')])
    t.equal((await guardOf(tenant, to)).failures, 10)
  },
)

t.test('spellings of one mailbox count together; another tenant and another address do not', async (t) => {
  const [tenant, other] = [await newTenant(gateway), await newTenant(gateway)]
  const to = freshEmail()
  const tagged = { to: to.replace('@', '+tag@'), limitKey: to }
  await guess(tenant, to, 10)
  const { id, code } = await plantCode(gateway, tenant, tagged)
  t.equal((await verifyCode(tenant, id, code)).body.error.code, 'IDENTIFIER_LOCKED')
  const elsewhere = await plantCode(gateway, other, { to })
  t.equal((await verifyCode(other, elsewhere.id, elsewhere.code)).status, 200)
  const another = await plantCode(gateway, tenant, { to: freshEmail() })
  t.equal((await verifyCode(tenant, another.id, another.code)).status, 200)
})

t.test('known, unknown, decoy and disabled accounts lock alike', async (t) => {
  const tenant = await newTenant(gateway)
  const answersOf = async (to: string, decoy: boolean) => {
    const answers = []
    for (let n = 0; n < 3; n++) {
      const { id, wrong } = await plantCode(gateway, tenant, { to, decoy })
      for (let guessed = 1; guessed <= 5; guessed++) {
        const { status, body, headers } = await verifyCode(tenant, id, wrong(guessed))
        answers.push({ status, error: body.error, names: Object.keys(headers).sort() })
      }
    }
    return answers
  }
  const [known, disabled] = [freshEmail(), freshEmail()]
  for (const to of [known, disabled]) {
    const { id, code } = await plantCode(gateway, tenant, { to })
    await verifyCode(tenant, id, code)
  }
  await house.admin.query('UPDATE users SET is_active = false WHERE email = $1', [disabled])
  const expected = await answersOf(known, false)
  t.equal(expected.at(-1)?.error.code, 'IDENTIFIER_LOCKED')
  t.strictSame(await answersOf(disabled, false), expected, 'disabled')
  t.strictSame(await answersOf(freshEmail(), false), expected, 'unknown')
  t.strictSame(await answersOf(freshEmail(), true), expected, 'decoy')
})

t.test('a guard that was removed as long unused is made again, and counts', async (t) => {
  const tenant = await newTenant(gateway)
  const to = freshEmail()
  const { id, code, wrong } = await plantCode(gateway, tenant, { to })
  await house.admin.query('DELETE FROM identifier_guards WHERE tenant_id = $1', [tenant.id])
  t.equal((await verifyCode(tenant, id, wrong())).body.error.code, 'INVALID_CODE')
  t.match(await guardOf(tenant, to), { failures: 1 })
  await house.admin.query('DELETE FROM identifier_guards WHERE tenant_id = $1', [tenant.id])
  t.equal((await verifyCode(tenant, id, code)).status, 200)
})
