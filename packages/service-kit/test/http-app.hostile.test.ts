// Thousands of generated requests: none gets a 5xx, none gets anything but the envelope, nothing is echoed.

import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { errorCode, ID, setup } from './http-app.setup.ts'

const RUNS = 3_000

/** JSON that is often nearly right, and now and then damaged. */
const body = fc.oneof(
  fc.json(),
  fc
    .record(
      {
        name: fc.oneof(fc.string(), fc.anything()),
        kind: fc.anything(),
        at: fc.oneof(
          fc.date().map(String),
          fc.string(),
          fc.constantFrom('2026-12-31T23:59:60Z', '0000-01-01T00:00:00Z'),
        ),
        owner: fc.oneof(fc.uuid(), fc.string(), fc.anything()),
        count: fc.oneof(fc.double(), fc.string()),
        tags: fc.array(fc.anything()),
        [String.fromCharCode(0)]: fc.anything(),
      },
      { requiredKeys: [] },
    )
    .map((value) => safeJson(value)),
  fc.string({ unit: 'binary' }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
)

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)) ?? ''
  } catch {
    return '{'
  }
}

t.test('no generated body gets a 5xx', async (t) => {
  const { app } = await setup(t)
  await fc.assert(
    fc.asyncProperty(body, async (payload) => {
      const headers = { 'content-type': 'application/json' }
      const response = await app.inject({ method: 'POST', url: '/v1/things', headers, payload })
      if (response.statusCode === 200) return
      errorCode(response)
      if (response.statusCode >= 500) throw new Error(`${response.statusCode}`)
    }),
    { numRuns: RUNS },
  )
})

const pathPart = fc.oneof(
  fc.webPath(),
  fc.string().map((text) => `/${encodeURIComponent(text.toWellFormed())}`),
  fc.string({ unit: 'binary-ascii' }).map((text) => `/${text.replace(/[\0-\x20\x7f]/g, '')}`),
  fc.constantFrom(
    '/%',
    '/%zz',
    '/%c0%af',
    '/..%2f..%2f',
    '/%00',
    '/;x',
    '/*',
    '/:id',
    `/${ID}`,
    '//',
    '/\\',
    '/__proto__',
    '/constructor',
  ),
)
const query = fc.oneof(
  fc.webQueryParameters(),
  fc.constantFrom(
    'limit=1',
    'limit[]=1',
    'limit=1&limit=2',
    '__proto__[x]=1',
    'limit=%00',
    'limit=%zz',
    '&&&=',
    'constructor=1',
  ),
)

t.test('no generated URL and method gets a 5xx', async (t) => {
  const { app } = await setup(t)
  const method = fc.constantFrom(
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'QUERY',
  )
  const prefix = fc.constantFrom('', '/v1', '/v1/things')
  await fc.assert(
    fc.asyncProperty(method, prefix, pathPart, query, async (how, start, path, search) => {
      const url = `${start}${path}?${search}`
      // What the injecting client itself cannot write is sent raw below.
      fc.pre(URL.canParse(url, 'http://localhost'))
      const response = await app.inject({ method: how as 'GET', url })
      if (response.statusCode >= 500) throw new Error(`${response.statusCode} ${how} ${url}`)
      if (response.statusCode >= 400 && how !== 'HEAD') errorCode(response)
    }),
    { numRuns: RUNS },
  )
})

t.test('no generated header gets a 5xx', async (t) => {
  const { app } = await setup(t)
  const name = fc.constantFrom(
    'authorization',
    'content-type',
    'content-encoding',
    'content-length',
    'transfer-encoding',
    'accept',
    'accept-version',
    'host',
    'x-forwarded-for',
    'x-forwarded-host',
    'forwarded',
    'cookie',
    'idempotency-key',
    'traceparent',
    'tracestate',
    'expect',
    'connection',
    'upgrade',
    'range',
    'x-request-id',
    'x-http-method-override',
  )
  const value = fc.oneof(
    fc.string({ unit: 'grapheme-ascii' }),
    fc.constantFrom(
      '*/*',
      'application/json',
      'application/json;charset=',
      'chunked',
      '-1',
      '999999999999',
      'Bearer',
      '100-continue',
      '00-0-0-0',
      ';;;=',
      'gzip, br',
    ),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, value),
      fc.constantFrom('POST', 'GET', 'DELETE'),
      async (headers, method) => {
        const payload = method === 'POST' ? '{"name":"x"}' : undefined
        const url = method === 'DELETE' ? `/v1/things/${ID}` : '/v1/things'
        const response = await app.inject({
          method: method as 'GET',
          url,
          headers,
          ...(payload && { payload }),
        })
        if (response.statusCode >= 500) throw new Error(`${response.statusCode} ${JSON.stringify(headers)}`)
        if (response.statusCode >= 400) errorCode(response)
      },
    ),
    { numRuns: RUNS },
  )
})

/** Sends raw bytes and reads until the server closes. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.write(text)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

t.test('what is not HTTP gets the envelope by hand, and the server goes on', async (t) => {
  const { app } = await setup(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const requests = [
    'HELLO / HTTP/1.1\r\nhost: x\r\n\r\n',
    'GET / HTTP/9.9\r\nhost: x\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'canary'.repeat(5_000)}\r\n\r\n`,
    `GET /${'canary'.repeat(5_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    'POST /v1/things HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /v1/things HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n',
    'POST /v1/things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    'GET / HTTP/1.1\r\nconnection: close\r\n\r\n',
    '\0\0\0\0\r\n\r\n',
    'GET /\\\\%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    'POST http://[/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
  ]
  for (const text of requests) {
    const answer = await raw(port, text)
    t.match(answer, /^HTTP\/1\.1 400 /, JSON.stringify(text.slice(0, 40)))
    const [head = '', payload = ''] = answer.split('\r\n\r\n')
    if (payload !== '') {
      t.match(JSON.parse(payload), { success: false, error: { code: 'VALIDATION_FAILED' } })
      t.match(head, 'x-content-type-options: nosniff')
    }
    t.notMatch(answer, 'canary')
  }
  t.equal((await app.inject('/v1/things')).statusCode, 200)
})

t.test('a body that ends early or is longer than declared is a 4xx', async (t) => {
  const { app } = await setup(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const head =
    'POST /v1/things HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n'
  const large = await raw(port, `${head}content-length: 99999999\r\n\r\n{`)
  t.match(large, /^HTTP\/1\.1 413 [\s\S]*PAYLOAD_TOO_LARGE/)
  const chunked = `${head}transfer-encoding: chunked\r\n\r\n${`4000\r\n${' '.repeat(0x4000)}\r\n`.repeat(3)}0\r\n\r\n`
  t.match(await raw(port, chunked), /^HTTP\/1\.1 413 /)
})
