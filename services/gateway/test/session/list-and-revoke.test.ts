// The list of a user's devices, and ending them: one, all, all but one; each end told once and known everywhere.

import { randomUUID } from 'node:crypto'
import t from 'tap'
import { overlapping } from '../overlap.ts'
import { type Answer, eventsOf, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'
import { changeSession, codeOf, heldSession, refresh, signIn } from './signed-in.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)
const list = (of: Tenant, userId: string, query = '') =>
  of.call('GET', `/v1/users/${userId}/sessions${query}`)
const idsOf = ({ body }: Answer): string[] => body.data.items.map(({ id }: { id: string }) => id)

/** Sessions of one user, oldest first. */
async function sessionsOf(of: Tenant, count: number) {
  const first = await signIn(of)
  const more = []
  for (let n = 1; n < count; n++) more.push(await signIn(of, first.email))
  return [first, ...more]
}
const toldEnds = async (id: string) =>
  (await eventsOf(gateway, tenant.id)).filter(
    ({ kind, subject }) => kind === 'session.revoked' && subject === `session:${id}`,
  ).length
const revocationsOf = async (id: string) =>
  (await house.admin.query('SELECT kind FROM revocations WHERE subject_id = $1', [id])).rows

t.test('the list tells the device, the last use and how the person proved themselves', async (t) => {
  const { token } = await tenant.issue()
  const signedIn = await tenant.call(
    'POST',
    '/v1/magic-links/verify',
    { token },
    { 'user-agent': 'Shop/1.2 (iPhone)' },
  )
  const { user, session } = signedIn.body.data
  const { status, body } = await list(tenant, user.id)
  t.equal(status, 200)
  t.match(body.data, {
    items: [
      {
        id: session.id,
        user_id: user.id,
        kind: 'api',
        user_agent: 'Shop/1.2 (iPhone)',
        address: '127.0.0.1',
        amr: ['magic_link'],
        acr: 'urn:postern:acr:one-factor',
        created_at: /Z$/,
        last_used_at: /Z$/,
        idle_expires_at: /Z$/,
        expires_at: /Z$/,
      },
    ],
    next_cursor: null,
  })
  t.equal(Object.keys(body.data.items[0]).length, 11, 'and nothing else')
})

t.test('what ended or ran out is not in the list; a user without sessions has an empty one', async (t) => {
  const [one, two, three, four] = await sessionsOf(tenant, 4)
  if (!one || !two || !three || !four) throw new Error('no sessions')
  await changeSession(gateway, one.sessionId, 'expires_at = now()')
  await changeSession(gateway, two.sessionId, 'idle_expires_at = now()')
  await tenant.call('DELETE', `/v1/sessions/${three.sessionId}`)
  t.same(idsOf(await list(tenant, one.userId)), [four.sessionId])
  await tenant.call('DELETE', `/v1/users/${one.userId}/sessions`)
  const { body } = await list(tenant, one.userId)
  t.same(body.data, { items: [], next_cursor: null })
})

t.test('pages go on where they ended, whatever comes and goes meanwhile', async (t) => {
  const sessions = await sessionsOf(tenant, 4)
  const userId = sessions[0]?.userId ?? ''
  const newestFirst = sessions.map(({ sessionId }) => sessionId).reverse()
  const first = await list(tenant, userId, '?limit=1')
  t.same(idsOf(first), newestFirst.slice(0, 1))
  await signIn(tenant, sessions[0]?.email)
  await tenant.call('DELETE', `/v1/sessions/${newestFirst[0]}`)
  const second = await list(tenant, userId, `?limit=2&cursor=${first.body.data.next_cursor}`)
  t.same(idsOf(second), newestFirst.slice(1, 3))
  const third = await list(tenant, userId, `?limit=2&cursor=${second.body.data.next_cursor}`)
  t.same(idsOf(third), newestFirst.slice(3))
  t.equal(third.body.data.next_cursor, null)
  for (const query of ['?limit=0', '?limit=201', '?cursor=x', `?cursor=${newestFirst[0]}`, '?page=2']) {
    t.match(
      await list(tenant, userId, query),
      { status: 400, body: { error: { code: 'VALIDATION_FAILED' } } },
      query,
    )
  }
})

t.test('an ended session ends once; a repeat is answered as the first was', async (t) => {
  const { sessionId, refreshToken } = await signIn(tenant)
  for (let n = 0; n < 2; n++) {
    const { status, body } = await tenant.call('DELETE', `/v1/sessions/${sessionId}`)
    t.equal(status, 200)
    t.same(body.data, { id: sessionId, revoked: true })
  }
  t.equal(await toldEnds(sessionId), 1)
  t.same(await revocationsOf(sessionId), [{ kind: 'session' }])
  t.equal(codeOf(await refresh(tenant, refreshToken)), 'SESSION_REVOKED')
})

t.test('a session ended by 100 at once is told once', async (t) => {
  const { sessionId } = await signIn(tenant)
  const answers = await overlapping(house, heldSession(sessionId), () =>
    Array.from({ length: 100 }, () => tenant.call('DELETE', `/v1/sessions/${sessionId}`)),
  )
  t.ok(answers.every(({ status }) => status === 200))
  t.equal(await toldEnds(sessionId), 1)
  t.equal((await revocationsOf(sessionId)).length, 1)
})

t.test('everywhere else: one session stays, the others end, each told', async (t) => {
  const sessions = await sessionsOf(tenant, 4)
  const [kept, ...others] = sessions
  if (!kept) throw new Error('no session')
  const url = `/v1/users/${kept.userId}/sessions?except=${kept.sessionId}`
  const { status, body } = await tenant.call('DELETE', url)
  t.equal(status, 200)
  t.same(body.data, { user_id: kept.userId, revoked: 3 })
  t.same(idsOf(await list(tenant, kept.userId)), [kept.sessionId])
  for (const { sessionId, refreshToken } of others) {
    t.equal(await toldEnds(sessionId), 1)
    t.equal(codeOf(await refresh(tenant, refreshToken)), 'SESSION_REVOKED')
  }
  t.equal(codeOf(await refresh(tenant, kept.refreshToken)), 'ok')
  t.same((await tenant.call('DELETE', url)).body.data.revoked, 0)
})

t.test('sessions ended everywhere by 100 at once are told once each', async (t) => {
  const sessions = await sessionsOf(tenant, 3)
  const userId = sessions[0]?.userId
  const answers = await overlapping(house, heldSession(sessions[2]?.sessionId ?? ''), () =>
    Array.from({ length: 100 }, () => tenant.call('DELETE', `/v1/users/${userId}/sessions`)),
  )
  t.equal(
    answers.reduce((sum, { body }) => sum + body.data.revoked, 0),
    3,
  )
  for (const { sessionId } of sessions) {
    t.equal(await toldEnds(sessionId), 1)
    t.equal((await revocationsOf(sessionId)).length, 1)
  }
})

t.test("another tenant's sessions and users are not there; each route asks for its scope", async (t) => {
  const { sessionId, userId, refreshToken } = await signIn(tenant)
  const stranger = await newTenant(gateway)
  const reader = await newTenant(gateway, ['sessions:read'])
  const writer = await newTenant(gateway, ['sessions:write'])
  for (const [method, url] of [
    ['GET', `/v1/users/${userId}/sessions`],
    ['DELETE', `/v1/sessions/${sessionId}`],
    ['DELETE', `/v1/users/${userId}/sessions`],
  ] as const) {
    t.equal(codeOf(await stranger.call(method, url)), 'NOT_FOUND', `${method} ${url}`)
    const wrong = method === 'GET' ? writer : reader
    t.equal(codeOf(await wrong.call(method, url)), 'FORBIDDEN')
    t.equal(codeOf(await tenant.call(method, url.replace(/[0-9a-f-]{36}/, randomUUID()))), 'NOT_FOUND')
    t.equal(codeOf(await tenant.call(method, url.replace(/[0-9a-f-]{36}/, 'x'))), 'VALIDATION_FAILED')
  }
  t.equal(codeOf(await refresh(tenant, refreshToken)), 'ok', 'nothing ended')
})
