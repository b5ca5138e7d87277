// What every service answers: probes, metrics, and its contract as a document and as a page.

import { until } from '@postern/testkit/poll'
import t from 'tap'
import { givenDatabase, setup, startAudit } from './fixtures/in-process.ts'
import { addApiKey, addTenant } from './fixtures/trail.ts'

interface Document {
  openapi: string
  paths: Record<string, Record<string, { 'x-postern-scope'?: string; security: unknown; responses: object }>>
}

t.test('the contract is served as a document and as a page, with the scope of each route', async (t) => {
  const { app } = await setup(t)
  const document = (await app.inject({ url: '/openapi.json' })).json<Document>()
  t.match(document.openapi, /^3\.1/)
  t.same(Object.keys(document.paths).sort(), ['/v1/events', '/v1/events/{id}'])
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      t.equal(operation['x-postern-scope'], 'audit:read', `${method} ${path}`)
      t.same(operation.security, [{ apiKey: [] }])
      t.ok('200' in operation.responses)
    }
  }
  const page = await app.inject({ url: '/docs' })
  t.ok([200, 302].includes(page.statusCode))
})

t.test('every schema of every route is one that its validator or serializer takes', async (t) => {
  const { app } = await setup(t)
  await t.resolves(app.compileSchemas())
})

t.test('a schema in doubt is found, in whatever state the service is', async (t) => {
  const { app } = await setup(t)
  app.post('/v1/doubtful', { schema: { body: { type: 'string', format: 'telephone' } } }, async () => ({}))
  await t.rejects(app.compileSchemas(), /telephone/)
})

t.test('probes tell that it is alive and ready, and metrics are there to read', async (t) => {
  const { urls } = await givenDatabase(t)
  const { app, workers } = await startAudit(t, urls, { jobs: true })
  t.equal((await app.inject({ url: '/livez' })).statusCode, 200)
  await until(() => workers.ready(), { deadlineMs: 30_000, what: 'the worker' })
  const ready = await app.inject({ url: '/readyz' })
  t.same(ready.json(), {
    status: 'ready',
    checks: { database: { ok: true }, queue: { ok: true }, workers: { ok: true } },
  })
  const metrics = await app.inject({ url: '/metrics' })
  t.match(metrics.headers['content-type'], /^text\/plain/)
  t.match(metrics.body, 'postern_events_waiting')
})

t.test('a key is remembered between requests and forgotten within a second of its revocation', async (t) => {
  const { app, admin, context } = await setup(t)
  const tenant = await addTenant(admin)
  const key = await addApiKey(admin, tenant.id, ['audit:read'])
  const status = async () => (await app.inject({ url: '/v1/events', headers: key.headers })).statusCode
  const fromMemory = async () => {
    t.equal(await status(), 200)
    return (await context.telemetry.metricsText()).includes('postern_api_key_lookups_total{source="cache"}')
  }
  await until(fromMemory, { deadlineMs: 30_000, what: 'an answer from memory' })
  await admin.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [key.id])
  await admin.query(`INSERT INTO revocations (tenant_id, kind, subject_id) VALUES ($1, 'api_key', $2)`, [
    tenant.id,
    key.id,
  ])
  const revokedAt = performance.now()
  await until(async () => (await status()) === 401, { deadlineMs: 30_000, what: 'the key to be refused' })
  t.comment(`refused ${Math.round(performance.now() - revokedAt)} ms after its revocation`)
})
