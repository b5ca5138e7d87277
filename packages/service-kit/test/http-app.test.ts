import t from 'tap'
import { AppError } from '../src/app-error.ts'
import { createHttpApp } from '../src/http-app.ts'
import { errorCode, ID, setup } from './http-app.setup.ts'

t.test('a good request gets the success envelope', async (t) => {
  const { app, clock } = await setup(t)
  const response = await app.inject({
    method: 'POST',
    url: '/v1/things',
    payload: { name: 'x', owner: null },
  })
  t.equal(response.statusCode, 200)
  t.same(response.json(), {
    success: true,
    data: { seen: { name: 'x', owner: null } },
    error: null,
    meta: { timestamp: clock.now().toISOString(), request_id: response.headers['x-request-id'] },
  })
})

t.test('the server makes the request id; one sent by a client is ignored', async (t) => {
  const { app, logs } = await setup(t)
  const headers = { 'x-request-id': 'client-made', 'request-id': 'client-made' }
  const first = await app.inject({ url: '/v1/things', headers })
  const second = await app.inject({ url: '/v1/things', headers })
  t.match(first.headers['x-request-id'], /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/)
  t.not(first.headers['x-request-id'], second.headers['x-request-id'])
  t.equal(first.json().meta.request_id, first.headers['x-request-id'])
  t.notMatch(logs.text(), 'client-made')
  t.match(logs.lines().at(0), { request_id: first.headers['x-request-id'] })
})

t.test('every answer carries the security headers, errors too', async (t) => {
  const { app } = await setup(t)
  for (const url of ['/v1/things', '/nowhere', '/v1/things/%zz']) {
    const { headers } = await app.inject(url)
    t.match(headers, {
      'content-security-policy':
        "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'strict-transport-security': /max-age=\d{7,}/,
    })
    t.notOk(headers['x-powered-by'])
  }
})

t.test(
  'one line a request tells method, route pattern, status and time, without the query string',
  async (t) => {
    const { app, logs } = await setup(t)
    await app.inject(`/v1/things/${ID}?secret=canary`)
    await app.inject({
      url: '/v1/things?limit=3',
      headers: { cookie: 'canary', authorization: 'Bearer canary' },
    })
    await app.inject('/v1/canary/nowhere?canary')
    await app.inject('/v1/%zz/canary')
    t.match(logs.lines(), [
      {
        msg: 'request',
        level: 'info',
        method: 'GET',
        route: '/v1/things/:id',
        status: 400,
        code: 'VALIDATION_FAILED',
      },
      { route: '/v1/things', status: 200, duration_ms: Number },
      { route: 'unmatched', status: 404, code: 'NOT_FOUND', reason: 'no route' },
      { route: 'unmatched', status: 400, reason: 'FST_ERR_BAD_URL' },
    ])
    t.equal(logs.lines().length, 4)
    t.notMatch(logs.text(), 'canary')
  },
)

t.test('requests and refusals are counted by route pattern and code', async (t) => {
  const { app, telemetry } = await setup(t)
  await app.inject('/v1/things')
  await app.inject('/v1/things/nothing')
  await app.inject('/elsewhere')
  const text = await telemetry.metricsText()
  t.match(text, 'postern_http_request_duration_seconds_count{method="GET",route="/v1/things",status="200"} 1')
  t.match(
    text,
    'postern_http_request_duration_seconds_count{method="GET",route="/v1/things/:id",status="400"} 1',
  )
  t.match(text, 'postern_http_refusals_total{code="VALIDATION_FAILED"} 1')
  t.match(text, 'postern_http_refusals_total{code="NOT_FOUND"} 1')
})

t.test('query strings are coerced by their schema, and defaults fill in', async (t) => {
  const { app } = await setup(t)
  const seen = async (query: string) => (await app.inject(`/v1/things${query}`)).json().data?.seen
  t.same(await seen('?limit=7&deep=true'), { limit: 7, deep: true })
  t.same(await seen(''), { limit: 50 })
  for (const bad of [
    '?limit=x',
    '?limit=0',
    '?limit=1&limit=2',
    '?limit=',
    '?deep=yes',
    '?other=1',
    '?limit[a]=1',
    '?__proto__=1',
  ])
    t.equal(errorCode(await app.inject(`/v1/things${bad}`)), '400 VALIDATION_FAILED', bad)
})

t.test('forwarded addresses are believed from listed proxies only', async (t) => {
  const forwarded = { headers: { 'x-forwarded-for': '203.0.113.9' }, url: '/ip' }
  const open = await setup(t)
  t.equal((await open.app.inject(forwarded)).json().ip, '127.0.0.1')
  const behind = await setup(t, { trustProxy: ['127.0.0.0/8', '::1'] })
  t.equal((await behind.app.inject(forwarded)).json().ip, '203.0.113.9')
  const elsewhere = await setup(t, { trustProxy: ['10.0.0.0/8'] })
  t.equal((await elsewhere.app.inject(forwarded)).json().ip, '127.0.0.1')
})

t.test('anything but addresses and CIDRs as trusted proxies stops the start', async (t) => {
  const { logs } = await setup(t)
  for (const proxy of ['true', '1', 'loopback', '*', '10.0.0.0/33', '10.0.0.0/', 'proxy.example', ''])
    await t.rejects(
      createHttpApp({ logger: logs.logger, trustProxy: [proxy] }),
      /IP addresses and CIDRs/,
      proxy,
    )
})

t.test(
  'a schema that strict mode doubts, or an unknown format, is found when all are compiled',
  async (t) => {
    for (const body of [
      { type: 'object', propertees: {} },
      { type: 'string', format: 'telephone' },
      // These two no validator minds: it would let anything pass.
      { type: 'string', minLength: -1 },
      { type: 'object', properties: { a: 5 } },
    ]) {
      const { app } = await setup(t)
      app.post('/v1/doubtful', { schema: { body } }, async () => ({}))
      await t.rejects(app.compileSchemas(), JSON.stringify(body))
    }
  },
)

t.test('a 500 is opaque outside and explained in the log', async (t) => {
  const { app, logs, throwing } = await setup(t)
  throwing.error = new TypeError('canary detail')
  const response = await app.inject('/v1/throws')
  t.equal(errorCode(response), '500 INTERNAL')
  t.notMatch(response.body, 'canary')
  t.match(logs.lines().at(-1), {
    level: 'error',
    status: 500,
    err: { name: 'TypeError', stack: [/http-app/] },
  })
  t.notMatch(logs.text(), 'canary')
})

t.test('the reason of a refusal is logged, never answered', async (t) => {
  const { app, logs, throwing } = await setup(t)
  throwing.error = new AppError('INVALID_CODE', {
    reason: 'inner detail',
    details: [{ remaining_attempts: 2 }],
  })
  const response = await app.inject('/v1/throws')
  t.same(response.json().error.details, [{ remaining_attempts: 2 }])
  t.notMatch(response.body, 'inner detail')
  t.match(logs.lines().at(-1), { level: 'info', code: 'INVALID_CODE', reason: 'inner detail' })
})
