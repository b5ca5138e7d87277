import { ErrorEnvelope } from '@postern/contracts/envelope'
import { capturedLogger } from '@postern/testkit/captured-logs'
import t, { type Test } from 'tap'
import { Type } from 'typebox'
import { createHttpApp } from '../src/http-app.ts'
import { registerOpenapi } from '../src/openapi.ts'

async function documented(t: Test) {
  const app = await createHttpApp({ logger: capturedLogger().logger })
  await registerOpenapi(app, { title: 'Test', description: 'A test.', version: '1.2.3' })
  const body = Type.Object({ kind: Type.Literal('a'), note: Type.Union([Type.String(), Type.Null()]) })
  const params = Type.Object({ id: Type.String({ format: 'uuid' }) })
  app.post(
    '/v1/keys',
    { schema: { body, response: { 201: body } }, config: { scope: 'users:write' } },
    async () => ({ kind: 'a' as const, note: null }),
  )
  app.put(
    '/v1/keys',
    { schema: { body }, config: { scope: 'users:write', otherScopes: ['challenges:verify'] } },
    async () => ({}),
  )
  app.get('/v1/keys/:id', { schema: { params }, config: { operator: true } }, async () => ({}))
  app.get('/open', { schema: {} }, async () => ({}))
  app.get('/hidden', { schema: { hide: true } }, async () => ({}))
  t.teardown(async () => app.close())
  return app
}

t.test('the document is OpenAPI 3.1 of the routes that are not hidden', async (t) => {
  const app = await documented(t)
  const document = (await app.inject('/openapi.json')).json()
  t.equal(document.openapi, '3.1.0')
  t.match(document.info, { title: 'Test', version: '1.2.3' })
  t.same(Object.keys(document.paths).sort(), ['/open', '/v1/keys', '/v1/keys/{id}'])
})

t.test('the document is written once, however often it is asked for', async (t) => {
  const app = await documented(t)
  const first = await app.inject('/openapi.json')
  t.equal(first.headers['content-type'], 'application/json; charset=utf-8')
  app.swagger = () => t.fail('it was written again') as never
  t.equal((await app.inject('/openapi.json')).body, first.body)
})

t.test('each route names who may call it', async (t) => {
  const { paths } = (await (await documented(t)).inject('/openapi.json')).json()
  t.match(paths['/v1/keys'].post, { security: [{ apiKey: [] }], 'x-postern-scope': 'users:write' })
  t.notOk('x-postern-other-scopes' in paths['/v1/keys'].post)
  t.match(paths['/v1/keys'].put, {
    'x-postern-scope': 'users:write',
    'x-postern-other-scopes': ['challenges:verify'],
  })
  t.match(paths['/v1/keys/{id}'].get, { security: [{ adminKey: [] }] })
  t.same(paths['/open'].get.security, [])
})

t.test(
  'each route documents its errors by reference to one envelope, and every reference resolves',
  async (t) => {
    const document = (await (await documented(t)).inject('/openapi.json')).json()
    for (const path of Object.values(document.paths) as Record<
      string,
      { responses: Record<string, unknown> }
    >[]) {
      for (const { responses } of Object.values(path)) {
        for (const range of ['4XX', '5XX'])
          t.match(responses[range], {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorEnvelope' } } },
          })
      }
    }
    t.match(
      document.components.schemas.ErrorEnvelope.properties.error.properties.code.enum,
      ErrorEnvelope.properties.error.properties.code.enum,
    )
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)
    for (const [, name = ''] of references) t.ok(name in document.components.schemas, name)
  },
)

t.test('the page and all it loads come from this process, under a policy of its own', async (t) => {
  const app = await documented(t)
  const page = await app.inject('/docs')
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-type'], 'text/html')
  t.match(page.headers['content-security-policy'], "script-src 'self';")
  t.notMatch(page.headers['content-security-policy'], 'https:')
  const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url)
  t.ok(loaded.length >= 4)
  for (const url of loaded) {
    t.notMatch(url, /^(?:https?:)?\/\//)
    t.equal((await app.inject(new URL(url, 'http://x/docs').pathname)).statusCode, 200, url)
  }
  t.notMatch(page.body, /<script>(?!<)/, 'no inline script')
})

t.test('only the page has the relaxed policy', async (t) => {
  const app = await documented(t)
  for (const url of ['/openapi.json', '/open', '/nowhere'])
    t.match((await app.inject(url)).headers['content-security-policy'], /^default-src 'none';base-uri/)
})

t.test('odd paths below the page are 4xx', async (t) => {
  const app = await documented(t)
  for (const url of [
    '/docs/static/nothing',
    '/docs/static/..%2f..%2fpackage.json',
    '/docs/static/%00',
    '/docs/static/.hidden',
    '/docs/nothing',
    '/docs/static/index.html%',
  ]) {
    const { statusCode } = await app.inject(url)
    t.ok(statusCode >= 300 && statusCode < 500, `${statusCode} ${url}`)
  }
})
