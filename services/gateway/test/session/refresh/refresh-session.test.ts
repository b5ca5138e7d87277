// Refreshing: one successor a token, the same one for whoever asks again at once, and the end of the session for whoever
// comes late.

import { createSecretKey, randomBytes } from 'node:crypto'
import { createKeyRing, type LiveKeyRing } from '@postern/token/key-ring'
import { mintRefreshToken } from '@postern/token/refresh-token'
import t from 'tap'
import { eventsOf, newTenant, openGateway, openHouse } from '../../setup.ts'
import { age, changeSession, claimsOf, codeOf, generationsOf, refresh, signIn } from '../signed-in.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)
const told = async (sessionId: string) =>
  (await eventsOf(gateway, tenant.id))
    .filter(({ subject }) => subject === `session:${sessionId}`)
    .map(({ kind }) => kind)

t.test('a refresh token is answered with new tokens of the same session', async (t) => {
  const { sessionId, refreshToken, accessToken, userId } = await signIn(tenant)
  await changeSession(gateway, sessionId, `last_used_at = now() - interval '1 day'`)
  const { status, body } = await refresh(tenant, refreshToken)
  t.equal(status, 200)
  const { session } = body.data
  t.match(session, {
    id: sessionId,
    token_type: 'Bearer',
    expires_in: 600,
    amr: ['magic_link'],
    acr: 'urn:postern:acr:one-factor',
  })
  t.match(session.refresh_token, /^[A-Za-z0-9_-]{66}$/)
  t.not(session.refresh_token, refreshToken)
  const [before, after] = [claimsOf(accessToken), claimsOf(session.access_token)]
  t.match(after, { sub: userId, sid: sessionId, tid: tenant.id, amr: ['magic_link'] })
  t.not(after.jti, before.jti, 'every access token has an id of its own')
  t.same(await generationsOf(gateway, sessionId), [
    { generation: 0, used: true },
    { generation: 1, used: false },
  ])
  t.same(await told(sessionId), ['session.opened', 'session.refreshed'])
  const { rows } = await house.admin.query(
    `SELECT now() - last_used_at < interval '1 minute' AS used_now FROM sessions WHERE id = $1`,
    [sessionId],
  )
  t.same(rows, [{ used_now: true }])
})

t.test(
  'a refresh renews the idle time as the tenant has it now, never beyond the absolute end',
  async (t) => {
    const { sessionId, refreshToken } = await signIn(tenant)
    const set = (seconds: number) =>
      house.admin.query('UPDATE tenants SET session_idle_seconds = $2 WHERE id = $1', [tenant.id, seconds])
    await set(1_000)
    const first = await refresh(tenant, refreshToken)
    const left = Date.parse(first.body.data.session.refresh_expires_at) - Date.now()
    t.ok(left > 900_000 && left < 1_060_000, `${left} ms`)
    await changeSession(gateway, sessionId, `expires_at = now() + interval '500 seconds'`)
    const second = await refresh(tenant, first.body.data.session.refresh_token)
    t.ok(Date.parse(second.body.data.session.refresh_expires_at) - Date.now() < 560_000)
    await set(2_592_000)
  },
)

t.test('a repeat within the grace answers the same successor, changes nothing, tells nothing', async (t) => {
  const { sessionId, refreshToken } = await signIn(tenant)
  const first = await refresh(tenant, refreshToken)
  await age(gateway, sessionId, 4)
  const second = await refresh(tenant, refreshToken)
  t.equal(second.status, 200)
  t.equal(second.body.data.session.refresh_token, first.body.data.session.refresh_token)
  const jti = (answer: typeof first) => claimsOf(answer.body.data.session.access_token).jti
  t.not(jti(second), jti(first))
  t.equal((await generationsOf(gateway, sessionId)).length, 2)
  t.same(await told(sessionId), ['session.opened', 'session.refreshed'])
  t.equal(codeOf(await refresh(tenant, first.body.data.session.refresh_token)), 'ok')
  t.equal(codeOf(await refresh(tenant, refreshToken)), 'ok', 'also when the successor was used meanwhile')
})

t.test('the grace lasts over a new key of the ring, and ends with the key', async (t) => {
  const live = gateway.context.successors as LiveKeyRing
  const [first] = live.all()
  if (first === undefined) throw new Error('no key')
  t.teardown(() => live.replace(createKeyRing('refresh', [first])))
  const second = { version: 2, key: createSecretKey(randomBytes(32)) }
  const { refreshToken } = await signIn(tenant)
  const before = await refresh(tenant, refreshToken)
  live.replace(createKeyRing('refresh', [first, second]))
  const after = await refresh(tenant, refreshToken)
  t.equal(after.body.data.session.refresh_token, before.body.data.session.refresh_token)
  t.equal(codeOf(await refresh(tenant, after.body.data.session.refresh_token)), 'ok', 'the new key writes')
  live.replace(createKeyRing('refresh', [second]))
  t.equal(codeOf(await refresh(tenant, refreshToken)), 'TOKEN_USED')
})

t.test('a reuse after the grace ends the session and says so', async (t) => {
  const { sessionId, refreshToken, userId } = await signIn(tenant)
  const next = (await refresh(tenant, refreshToken)).body.data.session.refresh_token
  await age(gateway, sessionId, 10)
  const answer = await refresh(tenant, refreshToken)
  t.equal(answer.status, 401)
  t.equal(codeOf(answer), 'REFRESH_REUSED')
  t.equal(codeOf(await refresh(tenant, next)), 'SESSION_REVOKED')
  t.equal(codeOf(await refresh(tenant, refreshToken)), 'SESSION_REVOKED')
  const { rows } = await house.admin.query(
    `SELECT kind, reason, outcome, data FROM outbox WHERE subject = $1 AND kind = 'session.refresh_reused'
     UNION ALL SELECT kind, reason, outcome, data FROM audit_events WHERE subject = $1 AND kind = 'session.refresh_reused'`,
    [`session:${sessionId}`],
  )
  t.same(rows, [
    {
      kind: 'session.refresh_reused',
      reason: 'reused',
      outcome: 'refused',
      data: { generation: 0, user_id: userId },
    },
  ])
  const revoked = await house.admin.query(
    `SELECT r.kind FROM revocations r JOIN sessions s ON s.id = r.subject_id AND s.revoked_at IS NOT NULL WHERE s.id = $1`,
    [sessionId],
  )
  t.same(revoked.rows, [{ kind: 'session' }])
})

t.test('the oldest token of a long session ends it as the last but one does', async (t) => {
  const { sessionId, refreshToken } = await signIn(tenant)
  let token = refreshToken
  for (let n = 0; n < 6; n++) token = (await refresh(tenant, token)).body.data.session.refresh_token
  t.equal(codeOf(await refresh(tenant, refreshToken)), 'ok', 'all of it within the grace')
  await age(gateway, sessionId, 11)
  t.equal(codeOf(await refresh(tenant, refreshToken)), 'REFRESH_REUSED')
  t.equal(codeOf(await refresh(tenant, token)), 'SESSION_REVOKED')
})

t.test('a session that ran out, ended or lost its user is not refreshed, nor in the grace', async (t) => {
  const ends: [string, string, (s: { sessionId: string; userId: string }) => Promise<unknown>][] = [
    ['idle', 'TOKEN_EXPIRED', (s) => changeSession(gateway, s.sessionId, 'idle_expires_at = now()')],
    ['at its end', 'TOKEN_EXPIRED', (s) => changeSession(gateway, s.sessionId, 'expires_at = now()')],
    ['revoked', 'SESSION_REVOKED', (s) => tenant.call('DELETE', `/v1/sessions/${s.sessionId}`)],
    [
      'disabled user',
      'ACCOUNT_DISABLED',
      (s) => house.admin.query('UPDATE users SET is_active = false WHERE id = $1', [s.userId]),
    ],
  ]
  for (const [name, code, end] of ends) {
    const session = await signIn(tenant)
    const next = (await refresh(tenant, session.refreshToken)).body.data.session.refresh_token
    await end(session)
    t.equal(codeOf(await refresh(tenant, next)), code, name)
    t.equal(codeOf(await refresh(tenant, session.refreshToken)), code, `${name}, in the grace`)
    t.same((await generationsOf(gateway, session.sessionId)).length, 2, 'nothing was rotated')
  }
})

t.test('a successor that was drawn is not repeated in the grace, and the session stays', async (t) => {
  const { sessionId, refreshToken } = await signIn(tenant)
  // What a step-up does: a further factor was proven, and the tokens are new ones.
  const drawn = mintRefreshToken(randomBytes(32), { sessionId })
  await house.admin.query('UPDATE refresh_tokens SET used_at = now() WHERE session_id = $1', [sessionId])
  await house.admin.query(
    'INSERT INTO refresh_tokens (tenant_id, session_id, generation, digest) VALUES ($1, $2, 1, $3)',
    [tenant.id, sessionId, drawn.digest],
  )
  const answer = await refresh(tenant, refreshToken)
  t.equal(answer.status, 401)
  t.equal(codeOf(answer), 'TOKEN_USED')
  t.equal(codeOf(await refresh(tenant, drawn.token)), 'ok')
  await age(gateway, sessionId, 11)
  t.equal(codeOf(await refresh(tenant, refreshToken)), 'REFRESH_REUSED')
})

t.test('what is no token of this tenant, session or kind is INVALID_TOKEN, and spends nothing', async (t) => {
  const { sessionId, refreshToken, accessToken } = await signIn(tenant)
  const stranger = await newTenant(gateway)
  t.equal(codeOf(await refresh(stranger, refreshToken)), 'INVALID_TOKEN', "another tenant's")
  const forged = mintRefreshToken(randomBytes(32), { sessionId })
  t.equal(codeOf(await refresh(tenant, forged.token)), 'INVALID_TOKEN', 'forged for a known session')
  for (const text of ['x', accessToken.slice(0, 512), `${refreshToken}A`, ` ${refreshToken}`]) {
    t.equal(codeOf(await refresh(tenant, text)), 'INVALID_TOKEN')
  }
  for (let at = 0; at < refreshToken.length; at += 3) {
    const other = refreshToken[at] === 'A' ? 'B' : 'A'
    const changed = refreshToken.slice(0, at) + other + refreshToken.slice(at + 1)
    t.equal(codeOf(await refresh(tenant, changed)), 'INVALID_TOKEN', `changed at ${at}`)
  }
  await changeSession(gateway, sessionId, `kind = 'browser'`)
  t.equal(codeOf(await refresh(tenant, refreshToken)), 'INVALID_TOKEN', "a browser's")
  await changeSession(gateway, sessionId, `kind = 'api'`)
  t.equal(codeOf(await refresh(tenant, refreshToken)), 'ok')
})

t.test('it needs the scope, and one field of the right form', async (t) => {
  const { refreshToken } = await signIn(tenant)
  const reader = await newTenant(gateway, ['sessions:read', 'challenges:verify'])
  t.equal(codeOf(await refresh(reader, refreshToken)), 'FORBIDDEN')
  for (const body of [
    {},
    { refresh_token: 7 },
    { refresh_token: '' },
    { refresh_token: refreshToken, x: 1 },
  ]) {
    t.equal((await tenant.call('POST', '/v1/sessions/refresh', body)).status, 400)
  }
  t.equal(codeOf(await refresh(tenant, refreshToken)), 'ok')
})
