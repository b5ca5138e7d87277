import { ERROR_CODES, type ErrorCode } from '@postern/contracts/error-codes'
import t from 'tap'
import { AppError } from '../src/app-error.ts'
import { errorCode, ID, setup } from './http-app.setup.ts'

const json = { 'content-type': 'application/json' }

t.test(
  '400 VALIDATION_FAILED for a body that its schema refuses, naming field and problem, no value',
  async (t) => {
    const { app } = await setup(t)
    const cases: [unknown, string, RegExp][] = [
      [{}, 'body.name', /required/],
      [{ name: 5 }, 'body.name', /string/],
      [{ name: 'x', canary_field: 'canary' }, 'body.canary_field', /not known/],
      [{ name: 'x', 'canary value!': 1 }, 'body.*', /not known/],
      [{ name: 'x', kind: 'canary' }, 'body.kind', /allowed values/],
      [{ name: 'x', count: '1' }, 'body.count', /integer/],
      [{ name: 'x', tags: ['a', 'b', 'canary canary'] }, 'body.tags.2', /10/],
      [{ name: 'x', at: '2026-11-20T12:00:00' }, 'body.at', /date-time/],
      [{ name: 'x', owner: 'canary' }, 'body.owner', /uuid/],
      [[], 'body', /object/],
      ['"text"', 'body', /object/],
      ['null', 'body', /object/],
    ]
    for (const [payload, path, problem] of cases) {
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
      const response = await app.inject({ method: 'POST', url: '/v1/things', headers: json, payload: text })
      t.equal(errorCode(response), '400 VALIDATION_FAILED', text)
      t.match(response.json().error.details[0], { path, problem })
      t.notMatch(response.json().error.details[0].problem, 'canary')
    }
  },
)

t.test('400 VALIDATION_FAILED for a body that is not one clear JSON text', async (t) => {
  const { app } = await setup(t)
  const bodies: (string | Buffer)[] = [
    '{"name":"x"',
    '{"name":"x"} trailing',
    '{"name":"x"}{"name":"y"}',
    '{"name":"x","name":"y"}',
    '{"name":"x","n\\u0061me":"y"}',
    '{"name":"x","__proto__":{"admin":true}}',
    '{"name":"x","\\u005f_proto__":{}}',
    '{"name":"x\\u0000"}',
    '{"name":"\\ud800"}',
    "{'name':'x'}",
    '{"name":"x",}',
    '{"name":"x"} // comment',
    '\uFEFF{"name":"x"}',
    Buffer.from('{"name":"\xff"}', 'latin1'),
    Buffer.from('{"name":"x"}', 'utf16le'),
    '['.repeat(8_000),
    `${'['.repeat(4_000)}${']'.repeat(4_000)}`,
    'NaN',
    '',
  ]
  for (const payload of bodies) {
    const response = await app.inject({ method: 'POST', url: '/v1/things', headers: json, payload })
    t.equal(errorCode(response), '400 VALIDATION_FAILED', String(payload).slice(0, 40))
  }
})

t.test('400 VALIDATION_FAILED for malformed URLs and path parameters', async (t) => {
  const { app } = await setup(t)
  for (const url of [
    '/v1/things/%zz',
    '/v1/things/%ff',
    '/%',
    '/v1/things/x',
    '/v1/things/',
    '/v1/things/%00',
    '/v1/things?limit=%00',
  ])
    t.equal(errorCode(await app.inject(url)), '400 VALIDATION_FAILED', url)
  const urn = await app.inject(`/v1/things/urn:uuid:${ID}`)
  t.equal(errorCode(urn), '400 VALIDATION_FAILED', 'a spelling that Postgres does not read')
})

t.test('400 VALIDATION_FAILED for a query string or body on a route that declares none', async (t) => {
  const { app } = await setup(t)
  t.equal(errorCode(await app.inject(`/v1/things/${ID}?x=1`)), '400 VALIDATION_FAILED')
  const withBody = { method: 'POST' as const, url: `/v1/things/${ID}/again`, payload: { x: 1 } }
  t.equal(errorCode(await app.inject(withBody)), '400 VALIDATION_FAILED')
  t.equal(
    (await app.inject({ ...withBody, payload: '', headers: json })).statusCode,
    200,
    'an empty body is no body',
  )
  t.equal((await app.inject({ method: 'DELETE', url: `/v1/things/${ID}`, headers: json })).statusCode, 200)
})

t.test('404 NOT_FOUND for unknown paths, whatever they hold', async (t) => {
  const { app } = await setup(t)
  for (const url of [
    '/',
    '/v1',
    '//v1/things',
    '/V1/things',
    `/v1/${'x'.repeat(3_000)}`,
    '/v1/../etc/passwd',
  ])
    t.equal(errorCode(await app.inject(url)), '404 NOT_FOUND', url.slice(0, 30))
  const long = await app.inject(`/v1/things/${'x'.repeat(200)}`)
  t.equal(errorCode(long), '404 NOT_FOUND', 'a parameter of 200 characters names nothing')
  const post = await app.inject({
    method: 'POST',
    url: '/nowhere',
    payload: 'x',
    headers: { 'content-type': 'text/html' },
  })
  t.equal(errorCode(post), '404 NOT_FOUND')
})

t.test('405 METHOD_NOT_ALLOWED with Allow where the path answers another method', async (t) => {
  const { app } = await setup(t)
  const cases: [string, string, string][] = [
    ['PUT', '/v1/things', 'GET, HEAD, POST'],
    ['OPTIONS', '/v1/things', 'GET, HEAD, POST'],
    ['PROPFIND', '/v1/things?x', 'GET, HEAD, POST'],
    ['POST', `/v1/things/${ID}`, 'DELETE, GET, HEAD'],
    ['GET', `/v1/things/${ID}/again`, 'POST'],
  ]
  for (const [method, url, allow] of cases) {
    const response = await app.inject({ method: method as 'PUT', url })
    t.equal(errorCode(response), '405 METHOD_NOT_ALLOWED', `${method} ${url}`)
    t.equal(response.headers.allow, allow)
  }
})

t.test('413 PAYLOAD_TOO_LARGE above 16 KiB, declared or not', async (t) => {
  const { app } = await setup(t)
  const fits = JSON.stringify({ name: 'x' }).padEnd(16 * 1024)
  const inject = (payload: string) =>
    app.inject({ method: 'POST', url: '/v1/things', headers: json, payload })
  t.equal((await inject(fits)).statusCode, 200)
  t.equal(errorCode(await inject(`${fits} `)), '413 PAYLOAD_TOO_LARGE')
})

t.test('415 UNSUPPORTED_MEDIA_TYPE for anything that is not JSON in UTF-8', async (t) => {
  const { app } = await setup(t)
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'application/problem+json',
    'application/json, text/plain',
    'json',
    'application/json; charset=utf-16',
    'application/json;charset="latin1"',
  ]
  const payload = '{"name":"x"}'
  for (const type of types) {
    const response = await app.inject({
      method: 'POST',
      url: '/v1/things',
      headers: { 'content-type': type },
      payload,
    })
    t.equal(errorCode(response), '415 UNSUPPORTED_MEDIA_TYPE', type)
  }
  const untyped = await app.inject({
    method: 'POST',
    url: '/v1/things',
    headers: { 'content-length': '12' },
    payload,
  })
  t.equal(errorCode(untyped), '415 UNSUPPORTED_MEDIA_TYPE', 'no content type')
  const packed = { ...json, 'content-encoding': 'gzip' }
  t.equal(
    errorCode(await app.inject({ method: 'POST', url: '/v1/things', headers: packed, payload })),
    '415 UNSUPPORTED_MEDIA_TYPE',
  )
  const spoken = { 'content-type': 'Application/JSON; charset=UTF-8' }
  t.equal((await app.inject({ method: 'POST', url: '/v1/things', headers: spoken, payload })).statusCode, 200)
})

t.test('429 and 503 tell when to come back', async (t) => {
  const { app, throwing } = await setup(t)
  throwing.error = new AppError('RATE_LIMITED', { reason: 'x', retryAfterSeconds: 12.2 })
  const limited = await app.inject('/v1/throws')
  t.equal(errorCode(limited), '429 RATE_LIMITED')
  t.equal(limited.headers['retry-after'], '13')
  throwing.error = new AppError('SERVICE_UNAVAILABLE', { reason: 'x' })
  const down = await app.inject('/v1/throws')
  t.equal(errorCode(down), '503 SERVICE_UNAVAILABLE')
  t.equal(down.headers['retry-after'], '1')
})

t.test('a lost database is 503 with Retry-After, also as a cause', async (t) => {
  const { app, throwing } = await setup(t)
  const lost = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  for (const error of [
    lost,
    new Error('query failed', { cause: lost }),
    new AggregateError([lost]),
    Object.assign(new Error(), { code: '57P01' }),
  ]) {
    throwing.error = error
    const response = await app.inject('/v1/throws')
    t.equal(errorCode(response), '503 SERVICE_UNAVAILABLE')
    t.equal(response.headers['retry-after'], '1')
  }
})

t.test("500 INTERNAL for what nobody foresaw; a vendor's status is never ours", async (t) => {
  const { app, throwing } = await setup(t)
  const vendor = Object.assign(new Error('x'), { statusCode: 401, status: 401, code: 'EAUTH' })
  for (const error of [
    new Error('x'),
    vendor,
    null,
    undefined,
    'text',
    { statusCode: 404 },
    Object.assign(new Error(), { code: '23505' }),
  ]) {
    throwing.error = error
    t.equal(errorCode(await app.inject('/v1/throws')), '500 INTERNAL')
  }
})

t.test(
  'every code of the list answers its own status, and WWW-Authenticate comes with UNAUTHENTICATED only',
  async (t) => {
    const { app, throwing } = await setup(t)
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      throwing.error = new AppError(code, { reason: 'test' })
      const response = await app.inject('/v1/throws')
      t.equal(errorCode(response), `${ERROR_CODES[code].status} ${code}`)
      t.equal(response.json().error.message, ERROR_CODES[code].message)
      t.equal('www-authenticate' in response.headers, code === 'UNAUTHENTICATED', code)
    }
  },
)
