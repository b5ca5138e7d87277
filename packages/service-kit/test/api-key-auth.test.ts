import { randomBytes } from 'node:crypto'
import { createMetrics } from '@postern/telemetry/metric-names'
import { mintApiKey } from '@postern/token/api-key'
import t, { type Test } from 'tap'
import { createApiKeyAuth } from '../src/api-key-auth.ts'
import type { ApiKeyRow } from '../src/auth/api-key.store.ts'
import { apiKeyCaller, tenantScope } from '../src/caller.ts'
import { createRevocationFeed, type Revocation } from '../src/revocation-feed.ts'
import { errorCode, setup } from './http-app.setup.ts'

async function guarded(t: Test) {
  const { app, clock, logs, telemetry } = await setup(t)
  const minted = mintApiKey(randomBytes)
  const row: ApiKeyRow = {
    id: '01933f3c-7aaa-7bbb-8ccc-00000000000a',
    tenantId: '01933f3c-7aaa-7bbb-8ccc-00000000000b',
    digest: minted.digest,
    scopes: ['users:read'],
    revoked: false,
    expiresInMs: null,
    tenantIsActive: true,
    tenantName: 'Shop',
    tenantSlug: 'shop',
    audience: 'urn:shop',
    allowedRedirects: ['https://shop.example/'],
    browserHosts: [],
    linkTtlSeconds: 600,
    firstFactors: ['magic_link' as const],
    factorChain: ['totp' as const],
    testDestinations: [{ to: 'ada@example.com', code: '123456' }],
    sessionIdleSeconds: 3_600,
    sessionAbsoluteSeconds: 7_200,
  }
  const database = {
    rows: new Map([[minted.prefix, row]]),
    reads: 0,
    error: undefined as unknown,
    during: async () => {},
  }
  const revocations: Revocation[] = []
  const feed = createRevocationFeed({ read: async () => [...revocations], clock, logger: logs.logger })
  const findKey = async (prefix: string) => {
    database.reads += 1
    if (database.error) throw database.error
    const found = database.rows.get(prefix)
    const answer = found && { ...found }
    await database.during()
    return answer
  }
  const auth = createApiKeyAuth({ findKey, feed, clock, metrics: createMetrics(telemetry.meter) })
  app.get('/v1/guarded', { ...auth.requireScope('users:read') }, async (request) => tenantScope(request))
  app.get(
    '/v1/settings',
    { ...auth.requireScope('users:read') },
    async (request) => apiKeyCaller(request).tenant,
  )
  app.get('/v1/other', { ...auth.requireScope('audit:read') }, async () => ({}))
  const get = (key = minted.key, url = '/v1/guarded') =>
    app.inject({ url, headers: { authorization: `Bearer ${key}` } })
  const revoke = async (kind: Revocation['kind'], id: string) => {
    revocations.push({ kind, id, tenantId: row.tenantId, createdAt: clock.now() })
    await feed.poll()
  }
  /** Lets time pass with the feed being read as in life. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 900) {
      clock.advance(Math.min(left, 900))
      await feed.poll()
    }
  }
  await feed.poll()
  return { app, get, clock, feed, database, row, minted, revoke, pass, logs, telemetry }
}

const REFUSED = '401 UNAUTHENTICATED'

t.test('a key opens routes of its scopes, and the caller is known', async (t) => {
  const { get, row } = await guarded(t)
  const response = await get()
  t.equal(response.statusCode, 200)
  t.match(response.json(), {
    tenantId: row.tenantId,
    actor: `api_key:${row.id}`,
    requestId: response.headers['x-request-id'],
    traceparent: null,
  })
  const { tenantName: name, tenantSlug: slug, audience, allowedRedirects, browserHosts, linkTtlSeconds } = row
  const { firstFactors, factorChain, testDestinations, sessionIdleSeconds, sessionAbsoluteSeconds } = row
  const policy = { firstFactors, factorChain, testDestinations, sessionIdleSeconds, sessionAbsoluteSeconds }
  t.same((await get(undefined, '/v1/settings')).json(), {
    id: row.tenantId,
    name,
    slug,
    audience,
    allowedRedirects,
    browserHosts,
    linkTtlSeconds,
    ...policy,
  })
})

t.test('403 FORBIDDEN for a scope that the key lacks, without WWW-Authenticate', async (t) => {
  const { get, logs } = await guarded(t)
  const response = await get(undefined, '/v1/other')
  t.equal(errorCode(response), '403 FORBIDDEN')
  t.notOk(response.headers['www-authenticate'])
  t.match(logs.lines().at(-1), { reason: 'lacks audit:read', api_key_id: String })
})

t.test('401 UNAUTHENTICATED, all alike, for every key that is not good', async (t) => {
  const { get, minted, row, database, logs } = await guarded(t)
  const bodyOf = (response: { json(): { error: unknown } }) => JSON.stringify(response.json().error)
  const seen = new Set<string>()
  const refuses = async (key: string | undefined, reason: string) => {
    const response = await get(key)
    t.equal(errorCode(response), REFUSED, reason)
    t.match(logs.lines().at(-1), { reason })
    seen.add(bodyOf(response))
  }
  await refuses('not-a-key', 'not an API key')
  await refuses(`${minted.key}x`, 'not an API key')
  await refuses(mintApiKey(randomBytes).key, 'unknown key')
  await refuses(minted.key.slice(0, 17) + mintApiKey(randomBytes).key.slice(17), 'wrong secret')
  for (const [change, reason] of [
    [{ revoked: true }, 'revoked key'],
    [{ expiresInMs: -1 }, 'expired key'],
    [{ tenantIsActive: false }, 'disabled tenant'],
  ] as const) {
    const other = mintApiKey(randomBytes)
    database.rows.set(other.prefix, { ...row, digest: other.digest, ...change })
    await refuses(other.key, reason)
  }
  t.equal(seen.size, 1, 'the answers do not tell them apart')
  t.notMatch(logs.text(), minted.key.slice(17))
})

t.test('a key is read once and then answered from memory, for 60 s', async (t) => {
  const { get, database, pass } = await guarded(t)
  for (let at = 0; at < 5; at++) t.equal((await get()).statusCode, 200)
  t.equal(database.reads, 1)
  await pass(59_999)
  await get()
  t.equal(database.reads, 1)
  await pass(1)
  await get()
  t.equal(database.reads, 2)
})

t.test('a wrong secret is refused from memory too, and does not disturb the right one', async (t) => {
  const { get, minted, database } = await guarded(t)
  await get()
  const wrong = minted.key.slice(0, 17) + mintApiKey(randomBytes).key.slice(17)
  t.equal(errorCode(await get(wrong)), REFUSED)
  t.equal((await get()).statusCode, 200)
  t.equal(database.reads, 1)
})

t.test('a remembered key that expires is refused at its instant', async (t) => {
  const { get, database, minted, row, pass } = await guarded(t)
  database.rows.set(minted.prefix, { ...row, expiresInMs: 5_000 })
  t.equal((await get()).statusCode, 200)
  await pass(4_999)
  t.equal((await get()).statusCode, 200)
  await pass(1)
  t.equal(errorCode(await get()), REFUSED)
  t.equal(database.reads, 1)
})

t.test('a revoked key, and a changed or disabled tenant, are read anew at once', async (t) => {
  const { get, database, minted, row, revoke } = await guarded(t)
  await get()
  database.rows.set(minted.prefix, { ...row, audience: 'urn:new' })
  await revoke('tenant', row.tenantId)
  t.match((await get(undefined, '/v1/settings')).json(), { audience: 'urn:new' })
  database.rows.set(minted.prefix, { ...row, tenantIsActive: false })
  await revoke('tenant', row.tenantId)
  t.equal(errorCode(await get()), REFUSED)
  database.rows.set(minted.prefix, row)
  await revoke('tenant', row.tenantId)
  t.equal((await get()).statusCode, 200, 'enabled again')
  database.rows.set(minted.prefix, { ...row, revoked: true })
  await revoke('api_key', row.id)
  t.equal(errorCode(await get()), REFUSED)
})

t.test('what concerns others leaves the memory alone', async (t) => {
  const { get, database, row, revoke } = await guarded(t)
  await get()
  await revoke('session', row.id)
  await revoke('user', row.tenantId)
  await revoke('tenant', 'another')
  await get()
  t.equal(database.reads, 1)
})

t.test('a row that was read while the feed learned something is not kept', async (t) => {
  const { get, database, minted, row, revoke } = await guarded(t)
  database.during = async () => {
    database.during = async () => {}
    database.rows.set(minted.prefix, { ...row, revoked: true })
    await revoke('api_key', row.id)
  }
  t.equal((await get()).statusCode, 200, 'it was good when it was read')
  t.equal(errorCode(await get()), REFUSED)
})

t.test('while the feed is stale every request asks Postgres, and nothing is kept', async (t) => {
  const { get, database, minted, row, clock } = await guarded(t)
  await get()
  clock.advance(1_001)
  database.rows.set(minted.prefix, { ...row, revoked: true })
  t.equal(errorCode(await get()), REFUSED, 'the memory is not trusted')
  database.rows.set(minted.prefix, row)
  t.equal((await get()).statusCode, 200)
  t.equal(database.reads, 3)
})

t.test('after the feed was stale the memory is emptied: something may have been missed', async (t) => {
  const { get, database, minted, row, feed, clock } = await guarded(t)
  await get()
  clock.advance(40_000)
  database.rows.set(minted.prefix, { ...row, revoked: true })
  await feed.poll()
  t.equal(errorCode(await get()), REFUSED)
})

t.test(
  '503 with Retry-After when Postgres cannot be asked; the memory still answers while the feed is fresh',
  async (t) => {
    const { get, database, clock } = await guarded(t)
    database.error = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    const response = await get()
    t.equal(errorCode(response), '503 SERVICE_UNAVAILABLE')
    t.equal(response.headers['retry-after'], '1')
    database.error = undefined
    await get()
    database.error = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    t.equal((await get()).statusCode, 200)
    clock.advance(1_001)
    t.equal(errorCode(await get()), '503 SERVICE_UNAVAILABLE')
  },
)

t.test('a hundred requests at once make one read', async (t) => {
  const { get, database } = await guarded(t)
  const responses = await Promise.all(Array.from({ length: 100 }, () => get()))
  t.ok(responses.every((response) => response.statusCode === 200))
  t.equal(database.reads, 1)
})

t.test('unknown prefixes are remembered shortly', async (t) => {
  const { get, database, pass } = await guarded(t)
  const { key } = mintApiKey(randomBytes)
  await get(key)
  await get(key)
  t.equal(database.reads, 1)
  await pass(10_000)
  await get(key)
  t.equal(database.reads, 2)
})

t.test('guesses fill a bounded memory and push no good key out', async (t) => {
  const { get, database } = await guarded(t)
  await get()
  for (let at = 0; at < 1_500; at++) await get(mintApiKey(randomBytes).key)
  const reads = database.reads
  t.equal((await get()).statusCode, 200)
  t.equal(database.reads, reads)
})

t.test('where answers came from is counted', async (t) => {
  const { get, clock, telemetry } = await guarded(t)
  await get()
  await get()
  clock.advance(1_001)
  await get()
  const text = await telemetry.metricsText()
  for (const source of ['database', 'cache', 'database_feed_stale'])
    t.match(text, `postern_api_key_lookups_total{source="${source}"} 1`)
})
