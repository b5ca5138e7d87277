import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import { createSandbox } from '@postern/sandbox/sandbox'
import { freePort } from '@postern/testkit/free-port'
import t, { type Test } from 'tap'
import type { EmailMessage } from '../../src/sender/sender.ts'
import { createSendGridSender } from '../../src/sender/sendgrid.sender.ts'

const API_KEY = 'SG.canary-key.canary-key-canary-key'
const LINK = 'https://id.example.org/l#canary-link'

const message: EmailMessage = {
  tenantId: '0190a000-0000-7000-8000-0000000000aa',
  deliveryId: '0190a000-0000-7000-8000-000000000001',
  attempt: 2,
  to: 'ada@example.org',
  from: { email: 'sign-in@id.example.org', name: 'Acme, "Inc" <x@y.z>' },
  subject: 'Sign in to Acme',
  text: `Open ${LINK}`,
  html: `<a href="${LINK}">Sign in</a>`,
}

function senderTo(t: Test, url: string) {
  const sender = createSendGridSender({ url, apiKey: API_KEY, connections: 10 })
  t.teardown(() => sender.close())
  return (signal = AbortSignal.timeout(30_000)) => sender.send(message, { signal })
}

async function sandbox(t: Test) {
  const { url, close } = await createSandbox()
  t.teardown(close)
  const ask = async (path: string, body?: object) => {
    const init = body ? { method: 'POST', body: JSON.stringify(body) } : {}
    const answer = await fetch(`${url}${path}`, { ...init, headers: { 'content-type': 'application/json' } })
    return (await answer.json()) as never
  }
  return { send: senderTo(t, `${url}/sendgrid`), ask, url }
}

/** A server that answers every request with exactly this. */
async function answering(t: Test, status: number, headers: http.OutgoingHttpHeaders = {}, body = '') {
  const requests: { url: string; headers: http.IncomingHttpHeaders; body: string }[] = []
  const server = http.createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    requests.push({ url: request.url ?? '', headers: request.headers, body: text })
    response.writeHead(status, headers).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as net.AddressInfo
  return { requests, url: `http://127.0.0.1:${port}` }
}

t.test('a message is one request in SendGrid’s form: one recipient, marked, no tracking', async (t) => {
  const { requests, url } = await answering(t, 202, { 'x-message-id': 'msg-1' })
  t.same(await senderTo(t, url)(), { kind: 'accepted', providerMessageId: 'msg-1' })
  t.equal(requests.length, 1)
  t.equal(requests[0]?.url, '/v3/mail/send')
  t.equal(requests[0]?.headers.authorization, `Bearer ${API_KEY}`)
  t.same(JSON.parse(requests[0]?.body ?? ''), {
    from: { email: 'sign-in@id.example.org', name: 'Acme, "Inc" <x@y.z>' },
    personalizations: [
      {
        to: [{ email: 'ada@example.org' }],
        custom_args: { tenant_id: message.tenantId, delivery_id: message.deliveryId, attempt: '2' },
      },
    ],
    subject: message.subject,
    content: [
      { type: 'text/plain', value: message.text },
      { type: 'text/html', value: message.html },
    ],
    tracking_settings: {
      click_tracking: { enable: false, enable_text: false },
      open_tracking: { enable: false },
      subscription_tracking: { enable: false },
      ganalytics: { enable: false },
    },
  })
})

t.test('what the vendor’s double accepts arrives as it was rendered', async (t) => {
  const { send, ask } = await sandbox(t)
  t.match(await send(), { kind: 'accepted', providerMessageId: /^[\w-]{22}$/ })
  const { items } = messagesOf(await ask('/inbox/messages'))
  t.match(items, [{ to: message.to, subject: message.subject, html: message.html, text: message.text }])
})

t.test('a domain in another script goes out in punycode, the rest as it was typed', async (t) => {
  const { url, close } = await createSandbox()
  t.teardown(close)
  const sender = createSendGridSender({
    url: `${url}/sendgrid`,
    apiKey: API_KEY,
    connections: 1,
  })
  t.teardown(() => sender.close())
  const signal = AbortSignal.timeout(30_000)
  for (const [to, wire] of [
    ['Ada@bücher.example', 'Ada@xn--bcher-kva.example'],
    ["o'Neil+a=b@Example.ORG", "o'Neil+a=b@Example.ORG"],
  ] as const) {
    t.match(await sender.send({ ...message, to }, { signal }), { kind: 'accepted' }, to)
    const inbox = await (await fetch(`${url}/inbox/messages?to=${encodeURIComponent(wire)}`)).json()
    t.match(inbox, [{ to: wire }], to)
  }
})

const STATUSES: readonly (readonly [number, http.OutgoingHttpHeaders, object])[] = [
  [200, {}, { kind: 'unknown', code: 'http_200' }],
  [302, { location: '/elsewhere' }, { kind: 'retryable', code: 'vendor_misconfigured' }],
  [307, { location: '/elsewhere' }, { kind: 'retryable', code: 'vendor_misconfigured' }],
  [400, {}, { kind: 'permanent', code: 'http_400' }],
  [401, {}, { kind: 'retryable', code: 'vendor_account_refused' }],
  [403, {}, { kind: 'retryable', code: 'vendor_account_refused' }],
  [404, {}, { kind: 'retryable', code: 'vendor_misconfigured' }],
  [405, {}, { kind: 'permanent', code: 'http_405' }],
  [413, {}, { kind: 'permanent', code: 'http_413' }],
  [429, {}, { kind: 'retryable', code: 'vendor_rate_limited' }],
  [429, { 'retry-after': '7' }, { kind: 'retryable', code: 'vendor_rate_limited', afterMs: 7_000 }],
  [429, { 'retry-after': '999999' }, { kind: 'retryable', code: 'vendor_rate_limited', afterMs: 3_600_000 }],
  [429, { 'retry-after': 'soon' }, { kind: 'retryable', code: 'vendor_rate_limited' }],
  [500, {}, { kind: 'unknown', code: 'http_500', answered: true }],
  [502, { 'content-type': 'text/html' }, { kind: 'unknown', code: 'http_502', answered: true }],
  [503, {}, { kind: 'retryable', code: 'http_503' }],
  [503, { 'retry-after': '3' }, { kind: 'retryable', code: 'http_503', afterMs: 3_000 }],
  [504, {}, { kind: 'unknown', code: 'http_504', answered: true }],
]

t.test('every status has its meaning, and none is followed elsewhere', async (t) => {
  for (const [status, headers, expected] of STATUSES) {
    const { requests, url } = await answering(t, status, headers, '<html>not JSON</html>')
    t.same(await senderTo(t, url)(), expected, `${status} ${JSON.stringify(headers)}`)
    t.equal(requests.length, 1, `${status}: one request`)
  }
})

t.test('where no connection was made, surely nothing was sent', async (t) => {
  const port = await freePort()
  t.same(await senderTo(t, `http://127.0.0.1:${port}`)(), { kind: 'retryable', code: 'connection_refused' })
  t.same(await senderTo(t, 'http://no-such-host.invalid')(), { kind: 'retryable', code: 'host_not_found' })

  const { url } = await answering(t, 202)
  const noTls = await senderTo(t, url.replace('http:', 'https:'))()
  t.match(noTls, { kind: 'retryable' }, 'a TLS handshake that fails')
})

t.test('an id that is none is not taken over', async (t) => {
  for (const id of ['a b', 'x'.repeat(201), '']) {
    const { url } = await answering(t, 202, { 'x-message-id': id })
    t.same(await senderTo(t, url)(), { kind: 'accepted', providerMessageId: null })
  }
})

t.test(
  'a call that stood still until its time was over writes nothing, on a new connection or an old one',
  async (t) => {
    const { requests, url } = await answering(t, 202)
    const sender = createSendGridSender({ url, apiKey: API_KEY, connections: 1 })
    t.teardown(() => sender.close())
    const signal = AbortSignal.timeout(30_000)
    const late = { kind: 'retryable', code: 'started_too_late' }
    t.same(await sender.send(message, { signal, mayBegin: () => false }), late)
    t.match(await sender.send(message, { signal, mayBegin: () => true }), { kind: 'accepted' })
    t.same(await sender.send(message, { signal, mayBegin: () => false }), late)
    t.equal(requests.length, 1)
  },
)

const messagesOf = (answer: unknown): { items: unknown[] } =>
  Array.isArray(answer) ? { items: answer } : (answer as { items: unknown[] })
