// Codes over two processes: a hundred who type the right one open one session, a hundred who guess get five compares, and an
// identifier ten failures.

import t from 'tap'
import { post, startGateway } from '../gateway-process.ts'
import { overlapping } from '../overlap.ts'
import { freshEmail, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'
import { type PlantedCode, plantCode, verifyCode } from './planted-code.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const processes = await Promise.all([startGateway(t, house), startGateway(t, house)])

const verify = (tenant: Tenant, at: number, id: string, code: string) =>
  post(`${processes[at % 2]?.url}/v1/otps/verify`, tenant.key, { id, code })
const count = (answers: Awaited<ReturnType<typeof post>>[], code: string | undefined) =>
  answers.filter((answer) => answer?.code === code).length
const guardOf = async (tenant: Tenant) => {
  const { rows } = await house.admin.query(
    'SELECT failures, wait_until FROM identifier_guards WHERE tenant_id = $1',
    [tenant.id],
  )
  return rows[0]
}

t.test('of 100 right codes at once over two processes one opens a session', async (t) => {
  const tenant = await newTenant(gateway)
  for (let round = 0; round < 5; round++) {
    const { id, code } = await plantCode(gateway, tenant, { to: freshEmail() })
    const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => verify(tenant, at, id, code)))
    t.equal(answers.filter((answer) => answer?.status === 200).length, 1)
    t.equal(count(answers, 'TOKEN_USED'), 99)
    const { rows } = await house.admin.query(
      'SELECT count(*)::int AS n FROM sessions WHERE challenge_id = $1',
      [id],
    )
    t.equal(rows[0].n, 1)
  }
})

t.test('of 100 wrong codes at once over two processes exactly five are compared', async (t) => {
  for (let round = 0; round < 3; round++) {
    const tenant = await newTenant(gateway)
    const { id, wrong } = await plantCode(gateway, tenant, { to: freshEmail() })
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => verify(tenant, at, id, wrong(at + 1))),
    )
    t.equal(count(answers, 'INVALID_CODE'), 5)
    t.equal(count(answers, 'ATTEMPTS_EXHAUSTED'), 95)
    t.match(await guardOf(tenant), { failures: 5, wait_until: null })
    const { rows } = await house.admin.query(
      `SELECT reason, count(*)::int AS n FROM outbox WHERE subject = $1 GROUP BY reason ORDER BY reason`,
      [`challenge:${id}`],
    )
    t.strictSame(rows, [
      { reason: 'attempts_exhausted', n: 1 },
      { reason: 'wrong_code', n: 5 },
    ])
  }
})

t.test(
  'of 100 wrong codes at once over 25 challenges of one identifier exactly ten are compared',
  async (t) => {
    const tenant = await newTenant(gateway)
    const to = freshEmail()
    const planted: PlantedCode[] = []
    for (let n = 0; n < 25; n++) planted.push(await plantCode(gateway, tenant, { to }))
    const guesses = Array.from({ length: 100 }, (_, at) => ({ at, of: planted[at % 25] }))
    const sql = 'SELECT FROM identifier_guards WHERE tenant_id = $1 FOR UPDATE'
    const answers = await overlapping(house, { sql, values: [tenant.id], waiting: 6 }, () =>
      guesses.map(({ at, of }) => verify(tenant, at >> 1, of?.id ?? '', of?.wrong(at + 1) ?? '')),
    )
    t.equal(count(answers, 'INVALID_CODE'), 10)
    t.equal(count(answers, 'IDENTIFIER_LOCKED'), 90)
    t.equal((await guardOf(tenant)).failures, 10)
  },
)

t.test('a right code among 99 wrong ones is proven, or was too late, and never both', async (t) => {
  for (let round = 0; round < 5; round++) {
    const tenant = await newTenant(gateway)
    const { id, code, wrong } = await plantCode(gateway, tenant, { to: freshEmail() })
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => verify(tenant, at, id, at === 3 ? code : wrong(at + 1))),
    )
    const { rows } = await house.admin.query(
      'SELECT tries, consumed_at IS NOT NULL AS used FROM challenges WHERE id = $1',
      [id],
    )
    const proven = answers.filter((answer) => answer?.status === 200).length
    t.equal(proven, rows[0].used ? 1 : 0)
    t.equal(count(answers, 'INVALID_CODE') + proven, rows[0].used ? rows[0].tries : 5)
    t.ok(rows[0].tries <= 6)
  }
})

t.test('verifies that share a transaction keep their own user, session and request', async (t) => {
  const tenant = await newTenant(gateway)
  const planted: { to: string; of: PlantedCode }[] = []
  for (let n = 0; n < 60; n++) {
    const to = freshEmail()
    planted.push({ to, of: await plantCode(gateway, tenant, { to }) })
  }
  const answers = await Promise.all(
    planted.map(({ of }, n) => verifyCode(tenant, of.id, n % 4 === 3 ? of.wrong() : of.code)),
  )
  for (const [n, { body, headers }] of answers.entries()) {
    const expected = n % 4 === 3 ? 'INVALID_CODE' : planted[n]?.to
    t.equal(body.data?.user.email ?? body.error.code, expected)
    const subject = `challenge:${planted[n]?.of.id}`
    const { rows } = await house.admin.query('SELECT request_id FROM outbox WHERE subject = $1', [subject])
    t.strictSame(rows, [{ request_id: headers['x-request-id'] }])
  }
  const { rows } = await house.admin.query(
    `SELECT count(DISTINCT xmin::text)::int AS n FROM sessions WHERE tenant_id = $1`,
    [tenant.id],
  )
  t.ok(rows[0].n < 45, `45 sessions in ${rows[0].n} transactions`)
})

t.test('two identifiers of one user proven in one transaction find the same user, both proven', async (t) => {
  const tenant = await newTenant(gateway)
  const people: { email: string; phone: string; userId: string }[] = []
  for (let n = 0; n < 20; n++) {
    const [email, phone] = [freshEmail(), `+4915100000${100 + n}`]
    const { id, code } = await plantCode(gateway, tenant, { to: email })
    const userId: string = (await verifyCode(tenant, id, code)).body.data.user.id
    await house.admin.query(
      `INSERT INTO identifiers (tenant_id, kind, identity_key, user_id, verified_at) VALUES ($1, 'phone', $2, $3, now())`,
      [tenant.id, phone, userId],
    )
    people.push({ email, phone, userId })
  }
  const planted: PlantedCode[] = []
  for (const to of people.flatMap(({ email, phone }) => [email, phone])) {
    planted.push(await plantCode(gateway, tenant, { to }))
  }
  const answers = await Promise.all(planted.map(({ id, code }) => verifyCode(tenant, id, code)))
  t.strictSame(
    answers.map(({ body }) => body.data?.user.id),
    people.flatMap(({ userId }) => [userId, userId]),
  )
  const { rows } = await house.admin.query(
    'SELECT count(*)::int AS n FROM users WHERE tenant_id = $1 AND email IS NOT NULL AND phone_verified_at IS NOT NULL',
    [tenant.id],
  )
  t.equal(rows[0].n, 20)
})
