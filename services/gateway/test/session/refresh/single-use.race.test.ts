// Rotation over processes and crashes: 100 at once rotate once and hear the same, 100 who reuse end the session once, and a
// crash leaves a spent token with its successor and its event or neither.

import { randomBytes } from 'node:crypto'
import { mintRefreshToken } from '@postern/token/refresh-token'
import fc from 'fast-check'
import t from 'tap'
import { type PlantedCode, plantCode, verifyCode } from '../../challenge/planted-code.ts'
import { startGateway } from '../../gateway-process.ts'
import { overlapping } from '../../overlap.ts'
import { bearer, eventsOf, newTenant, openGateway, openHouse } from '../../setup.ts'
import { age, codeOf, generationsOf, heldSession, refresh, signIn } from '../signed-in.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const processes = await Promise.all([startGateway(t, house), startGateway(t, house)])

interface Refreshed {
  status: number
  code: string | undefined
  token: string | undefined
}

/** A broken connection answers undefined. */
async function ask(url: string | undefined, key: string, token: string): Promise<Refreshed | undefined> {
  try {
    const answer = await fetch(`${url}/v1/sessions/refresh`, {
      method: 'POST',
      headers: { ...bearer(key), 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: token }),
    })
    const { data, error } = (await answer.json()) as {
      data: { session: { refresh_token: string } } | null
      error: { code: string } | null
    }
    return { status: answer.status, code: error?.code, token: data?.session.refresh_token }
  } catch {
    return undefined
  }
}

const countOf = async (tenantId: string, kind: string, sessionId: string) =>
  (await eventsOf(gateway, tenantId)).filter(
    (event) => event.kind === kind && event.subject === `session:${sessionId}`,
  ).length

t.test('of 100 refreshes at once over two processes one rotates, and all hear its successor', async (t) => {
  const tenant = await newTenant(gateway)
  for (let round = 0; round < 5; round++) {
    const { sessionId, refreshToken } = await signIn(tenant)
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => ask(processes[at % 2]?.url, tenant.key, refreshToken)),
    )
    t.same([...new Set(answers.map((answer) => answer?.status))], [200])
    t.equal(new Set(answers.map((answer) => answer?.token)).size, 1, 'one successor')
    t.same(await generationsOf(gateway, sessionId), [
      { generation: 0, used: true },
      { generation: 1, used: false },
    ])
    t.equal(await countOf(tenant.id, 'session.refreshed', sessionId), 1)
  }
})

t.test('of 100 reuses at once after the grace one ends the session and is told', async (t) => {
  const tenant = await newTenant(gateway)
  const { sessionId, refreshToken } = await signIn(tenant)
  await refresh(tenant, refreshToken)
  await age(gateway, sessionId, 11)
  const answers = await overlapping(house, heldSession(sessionId), () =>
    Array.from({ length: 100 }, (_, at) => ask(processes[at % 2]?.url, tenant.key, refreshToken)),
  )
  const codes = new Set(answers.map((answer) => answer?.code))
  t.ok(codes.has('REFRESH_REUSED'))
  t.ok([...codes].every((code) => code === 'REFRESH_REUSED' || code === 'SESSION_REVOKED'))
  t.equal(await countOf(tenant.id, 'session.refresh_reused', sessionId), 1)
  const { rows } = await house.admin.query(
    'SELECT count(*)::int AS n FROM revocations WHERE subject_id = $1',
    [sessionId],
  )
  t.same(rows, [{ n: 1 }])
})

t.test('a session refreshed and revoked at once has ended, and its end is told once', async (t) => {
  const tenant = await newTenant(gateway)
  for (let round = 0; round < 5; round++) {
    const { sessionId, refreshToken } = await signIn(tenant)
    const answers = await overlapping(house, heldSession(sessionId), () =>
      Array.from({ length: 40 }, (_, at) =>
        at % 2 === 0 ? refresh(tenant, refreshToken) : tenant.call('DELETE', `/v1/sessions/${sessionId}`),
      ),
    )
    t.ok(answers.every((answer) => ['ok', 'SESSION_REVOKED'].includes(codeOf(answer))))
    t.equal(await countOf(tenant.id, 'session.revoked', sessionId), 1)
    t.equal(codeOf(await refresh(tenant, refreshToken)), 'SESSION_REVOKED')
    const rotations = await countOf(tenant.id, 'session.refreshed', sessionId)
    t.equal((await generationsOf(gateway, sessionId)).length, 1 + rotations)
  }
})

t.test('a session refreshed and raised at once goes on with one unspent token', async (t) => {
  const tenant = await newTenant(gateway)
  for (let round = 0; round < 5; round++) {
    const { sessionId, refreshToken, email } = await signIn(tenant)
    const codes: PlantedCode[] = []
    for (let n = 0; n < 10; n++)
      codes.push(await plantCode(gateway, tenant, { to: email, purpose: 'step_up', sessionId }))
    const answers = await overlapping(house, heldSession(sessionId), () =>
      codes.flatMap(({ id, code }) => [refresh(tenant, refreshToken), verifyCode(tenant, id, code)]),
    )
    t.ok(answers.every((answer) => ['ok', 'TOKEN_USED'].includes(codeOf(answer))))
    const unspent = (await generationsOf(gateway, sessionId)).filter(({ used }) => !used)
    t.equal(unspent.length, 1)
    const tokens = answers.flatMap(({ body }) => body.data?.session?.refresh_token ?? [])
    const good = await Promise.all(
      [...new Set(tokens)].map((token) => tenant.call('POST', '/v1/introspect', { token })),
    )
    t.equal(good.filter(({ body }) => body.active).length, 1, 'somebody was told of it')
  }
})

t.test('a gateway killed amid refreshes leaves no spent token without successor and event', async (t) => {
  const tenant = await newTenant(gateway)
  let unanswered = 0
  let rounds = 0
  // Whether answers are cut off is the machine's to say; a death that cut none shows nothing, so there are more.
  for (; rounds < 3 || (unanswered === 0 && rounds < 50); rounds++) {
    const process = await startGateway(t, house)
    const sessions = []
    for (let n = 0; n < 30; n++) sessions.push(await signIn(tenant))
    const refreshes = sessions.map(({ refreshToken }) => ask(process.url, tenant.key, refreshToken))
    // Killed as soon as the first answers are there, with the others under way.
    await Promise.race(refreshes)
    await process.kill()
    unanswered += (await Promise.all(refreshes)).filter((answer) => answer === undefined).length
    // Whatever a client heard or not: it asks again and goes on.
    for (const { refreshToken } of sessions) t.equal((await refresh(tenant, refreshToken)).status, 200)
  }
  t.ok(unanswered > 0, `${unanswered} refreshes were cut off`)
  const { rows } = await house.admin.query(
    `SELECT count(*) FILTER (WHERE s.spent <> 1 OR s.tokens <> 2 OR s.told <> 1)::int AS torn, count(*)::int AS all FROM (
       SELECT count(*) AS tokens, count(r.used_at) AS spent,
              (SELECT count(*) FROM outbox o WHERE o.subject = 'session:' || r.session_id AND o.kind = 'session.refreshed') AS told
         FROM refresh_tokens r WHERE r.tenant_id = $1 GROUP BY r.session_id) s`,
    [tenant.id],
  )
  t.same(rows, [{ torn: 0, all: rounds * 30 }])
})

/** Never together about the ten seconds of the grace, so that the time that the test itself takes decides nothing. */
const WAITS = fc.constantFrom(0, 0.3, 10, 12)

const Step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('current' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('earlier' as const), back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forged' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: WAITS }) },
)

t.test(
  'whatever is presented in whatever order: one unspent token, or none and the session has ended',
  async (t) => {
    const tenant = await newTenant(gateway)
    const play = async (steps: (typeof Step extends fc.Arbitrary<infer S> ? S : never)[]) => {
      const { sessionId, refreshToken } = await signIn(tenant)
      const line = [refreshToken]
      const age10 = new Map<number, number>()
      let ended = false
      for (const step of steps) {
        if (step.kind === 'wait') {
          await age(gateway, sessionId, step.seconds)
          for (const [at, seconds] of age10) age10.set(at, seconds + step.seconds)
          continue
        }
        if (step.kind === 'forged') {
          const { token } = mintRefreshToken(randomBytes(32), { sessionId })
          t.equal(codeOf(await refresh(tenant, token)), 'INVALID_TOKEN')
          continue
        }
        const newest = line.length - 1
        const at = step.kind === 'current' ? newest : Math.max(0, newest - 1 - step.back)
        const answer = await refresh(tenant, line[at] ?? '')
        const isUsed = at < newest
        const expected = ended
          ? 'SESSION_REVOKED'
          : isUsed && (age10.get(at) ?? 0) >= 10
            ? 'REFRESH_REUSED'
            : 'ok'
        t.equal(codeOf(answer), expected)
        if (expected === 'REFRESH_REUSED') ended = true
        if (expected !== 'ok') continue
        const next = answer.body.data.session.refresh_token
        if (isUsed) t.equal(next, line[at + 1])
        else {
          line.push(next)
          age10.set(at, 0)
        }
      }
      const unspent = (await generationsOf(gateway, sessionId)).filter(({ used }) => !used)
      t.same(unspent, [{ generation: line.length - 1, used: false }])
    }
    await fc.assert(fc.asyncProperty(fc.array(Step, { minLength: 3, maxLength: 14 }), play), { numRuns: 40 })
  },
)
