import { createSecretKey } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import { createSandbox } from '@postern/sandbox/sandbox'
import { freePort } from '@postern/testkit/free-port'
import { createKeyRing } from '@postern/token/key-ring'
import { type MarkFields, readMark } from '@postern/token/receipt-mark'
import t, { type Test } from 'tap'
import { callbackBy } from '../../src/sender/callback-url.ts'
import type { SmsMessage } from '../../src/sender/sender.ts'
import { createTwilioSender, type TwilioOptions } from '../../src/sender/twilio.sender.ts'

const ACCOUNT = `AC${'0a'.repeat(16)}`
const SERVICE = `MG${'0b'.repeat(16)}`
const TOKEN = 'canary-token-canary-token'

const message: SmsMessage = {
  tenantId: '0190a000-0000-7000-8000-0000000000aa',
  deliveryId: '0190a000-0000-7000-8000-000000000001',
  attempt: 2,
  to: '+447700900123',
  text: '031416 is your code for Müller & Söhne.\n@app.example.org #031416',
  validForSeconds: 287,
}

function senderTo(t: Test, url: string, more: Partial<TwilioOptions> = {}) {
  const sender = createTwilioSender({
    url,
    accountSid: ACCOUNT,
    authToken: TOKEN,
    from: { from: '+15005550006' },
    connections: 10,
    ...more,
  })
  t.teardown(() => sender.close())
  return sender
}

const send = (sender: ReturnType<typeof senderTo>, sms = message, signal = AbortSignal.timeout(30_000)) =>
  sender.send(sms, { signal })

async function sandbox(t: Test, more: Partial<TwilioOptions> = {}) {
  const { url, close } = await createSandbox()
  t.teardown(close)
  const ask = async (path: string, body?: object) => {
    const init = body ? { method: 'POST', body: JSON.stringify(body) } : {}
    const answer = await fetch(`${url}${path}`, { ...init, headers: { 'content-type': 'application/json' } })
    return (await answer.json()) as never
  }
  const fault = (what: object) => ask('/faults', { provider: 'twilio', times: 1, ...what })
  return { sender: senderTo(t, `${url}/twilio`, more), ask, fault }
}

/** A server that answers every request with exactly this. */
async function answering(t: Test, status: number, headers: http.OutgoingHttpHeaders = {}, body = '{}') {
  const requests: { method: string; url: string; headers: http.IncomingHttpHeaders; body: string }[] = []
  const server = http.createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { method = '', url = '' } = request
    requests.push({ method, url, headers: request.headers, body: text })
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

t.test('a message is one form in Twilio’s words, with the time that it is worth bringing', async (t) => {
  const sid = `SM${'0c'.repeat(16)}`
  const { requests, url } = await answering(t, 201, {}, JSON.stringify({ sid }))
  t.same(await send(senderTo(t, url)), { kind: 'accepted', providerMessageId: sid })
  t.equal(requests.length, 1)
  const [request] = requests
  t.match(request, { method: 'POST', url: `/2010-04-01/Accounts/${ACCOUNT}/Messages.json` })
  t.equal(request?.headers.authorization, `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`)
  t.equal(request?.headers['content-type'], 'application/x-www-form-urlencoded')
  t.same(Object.fromEntries(new URLSearchParams(request?.body)), {
    To: message.to,
    From: '+15005550006',
    Body: message.text,
    Attempt: '2',
    ValidityPeriod: '287',
    RiskCheck: 'enable',
  })
})

t.test('Twilio is told where to report of this one attempt, by a URL that only we can make', async (t) => {
  const { requests, url } = await answering(t, 201)
  const ring = createKeyRing('receipt', [{ version: 1, key: createSecretKey(Buffer.alloc(32, 7)) }])
  const webhookUrl = 'https://id.example.org/base'
  const now = new Date('2026-11-21T12:00:00Z')
  for (const [senderId, named] of [
    [undefined, 'default'],
    ['0190a000-0000-7000-8000-0000000000bb', '0190a000-0000-7000-8000-0000000000bb'],
  ] as const) {
    const callbackOf = callbackBy({ webhookUrl, ring, clock: { now: () => now } }, senderId)
    await send(senderTo(t, url, { callbackOf }))
    const callback = new URL(new URLSearchParams(requests.at(-1)?.body).get('StatusCallback') ?? '')
    t.equal(callback.origin, 'https://id.example.org')
    t.equal(callback.pathname, `/base/v1/webhooks/twilio/${named}/${message.deliveryId}`)
    t.equal(callback.hash, '#rc=5&rp=all')
    const query = Object.fromEntries(callback.searchParams) as unknown as MarkFields
    const expiresAt = now.getTime() / 1_000 + 3 * 86_400
    const { tenantId, deliveryId, attempt } = message
    t.same(readMark(ring, deliveryId, query, now), { tenantId, deliveryId, attempt, expiresAt })
    t.equal(readMark(ring, tenantId, query, now), null, 'of no other delivery')
    t.notMatch(callback.href, message.to, 'no number in it')
  }
})

const SID = `SM${'0d'.repeat(16)}`
const WORDS: readonly (readonly [status: string, code: number | null, meaning: object | null])[] = [
  ['queued', null, { status: 'sent', proves: null, passedOn: false }],
  ['sent', null, { status: 'sent', proves: null, passedOn: true }],
  ['delivered', null, { status: 'delivered', proves: 'delivered' }],
  [
    'undelivered',
    30003,
    { status: 'undelivered', proves: 'undelivered', errorCode: 'recipient_unreachable' },
  ],
  ['undelivered', 30006, { status: 'undelivered', proves: 'rejected', errorCode: 'recipient_landline' }],
  ['failed', 30450, { proves: 'rejected', errorCode: 'pumping_blocked' }],
  ['failed', 21610, { status: 'opted_out', proves: 'rejected', suppress: 'opt_out' }],
  ['failed', 39999, { proves: 'rejected', errorCode: 'undelivered' }],
  ['scheduled', null, null],
]

t.test('asked what became of a message, it says so by the message’s id, in words of ours', async (t) => {
  const ask = (url: string) => senderTo(t, url).statusOf?.(SID, AbortSignal.timeout(20_000))
  for (const [status, code, meaning] of WORDS) {
    const body = JSON.stringify({ sid: SID, status, error_code: code, body: message.text, to: message.to })
    const { url, requests } = await answering(t, 200, { 'content-type': 'application/json' }, body)
    const word = await ask(url)
    t.match(word, { kind: 'known', identity: ['twilio', SID, status, code === null ? '' : String(code)] })
    t.match(word, { meaning }, `${status} ${code}`)
    t.notMatch(JSON.stringify(word), message.to, 'nothing of the message is handed on')
    t.match(requests, [{ method: 'GET', url: `/2010-04-01/Accounts/${ACCOUNT}/Messages/${SID}.json` }])
  }
  for (const [status, kind] of [
    [404, 'not_found'],
    [401, 'not_found'],
    [500, 'no_answer'],
    [429, 'no_answer'],
  ] as const)
    t.match(await ask((await answering(t, status)).url), { kind }, `${status}`)
  t.match(await ask('http://127.0.0.1:9'), { kind: 'no_answer' })
})

t.test('the double tells what became of what it took', async (t) => {
  const { sender } = await sandbox(t)
  const taken = await send(sender)
  const sid = taken.kind === 'accepted' ? (taken.providerMessageId ?? '') : ''
  t.match(await sender.statusOf?.(sid, AbortSignal.timeout(20_000)), {
    kind: 'known',
    meaning: { status: 'sent' },
  })
  t.match(await sender.statusOf?.(SID, AbortSignal.timeout(20_000)), { kind: 'not_found' })
})

t.test('a Messaging Service takes the sender’s place, and the validity keeps its bounds', async (t) => {
  const { requests, url } = await answering(t, 201)
  const sender = senderTo(t, url, { from: { messagingServiceSid: SERVICE } })
  for (const [validForSeconds, wire] of [
    [1, '1'],
    [36_000, '36000'],
    [90 * 86_400, '36000'],
  ] as const) {
    await send(sender, { ...message, validForSeconds })
    const form = new URLSearchParams(requests.at(-1)?.body)
    t.equal(form.get('ValidityPeriod'), wire)
    t.equal(form.get('MessagingServiceSid'), SERVICE)
    t.equal(form.get('From'), null)
  }
})

t.test('what the vendor’s double accepts arrives as it was written', async (t) => {
  const { sender, ask } = await sandbox(t)
  t.match(await send(sender), { kind: 'accepted', providerMessageId: /^SM[0-9a-f]{32}$/ })
  t.match(await ask('/inbox/messages'), [
    { channel: 'sms', to: message.to, from: '+15005550006', text: message.text },
  ])
})

const error = (code: number) => JSON.stringify({ code, message: `canary ${message.text}`, status: 400 })
const REFUSALS: readonly (readonly [status: number, code: number, expected: object])[] = [
  [400, 21610, { kind: 'permanent', code: 'recipient_opted_out' }],
  [400, 30450, { kind: 'permanent', code: 'pumping_blocked' }],
  [400, 21211, { kind: 'permanent', code: 'recipient_invalid' }],
  [400, 21612, { kind: 'permanent', code: 'recipient_unroutable' }],
  [400, 21614, { kind: 'permanent', code: 'recipient_not_mobile' }],
  [400, 21635, { kind: 'permanent', code: 'recipient_landline' }],
  [400, 21408, { kind: 'retryable', code: 'vendor_region_not_enabled' }],
  [400, 21608, { kind: 'retryable', code: 'vendor_account_refused' }],
  [400, 21606, { kind: 'retryable', code: 'vendor_misconfigured' }],
  [403, 20003, { kind: 'retryable', code: 'vendor_account_refused' }],
  [429, 20429, { kind: 'retryable', code: 'vendor_rate_limited' }],
  [429, 21611, { kind: 'retryable', code: 'vendor_rate_limited' }],
  [400, 21617, { kind: 'permanent', code: 'http_400' }],
  [400, 99999, { kind: 'permanent', code: 'http_400' }],
  [422, 99999, { kind: 'permanent', code: 'http_422' }],
  [500, 20500, { kind: 'unknown', code: 'http_500' }],
]

t.test('Twilio’s codes have their meaning; one that nobody knows goes by its status', async (t) => {
  for (const [status, code, expected] of REFUSALS) {
    const { requests, url } = await answering(t, status, { 'content-type': 'application/json' }, error(code))
    const outcome = await send(senderTo(t, url))
    t.match(outcome, expected, `${status} ${code}`)
    t.equal(requests.length, 1, `${code}: one request`)
    t.notMatch(JSON.stringify(outcome), /canary/)
  }
})

t.test('a status without a body of Twilio’s has its meaning, and none is followed elsewhere', async (t) => {
  for (const [status, headers, expected] of [
    [200, {}, { kind: 'unknown', code: 'http_200' }],
    [307, { location: '/elsewhere' }, { kind: 'retryable', code: 'vendor_misconfigured' }],
    [401, {}, { kind: 'retryable', code: 'vendor_account_refused' }],
    [404, {}, { kind: 'retryable', code: 'vendor_misconfigured' }],
    [429, { 'retry-after': '7' }, { kind: 'retryable', code: 'vendor_rate_limited', afterMs: 7_000 }],
    [502, { 'content-type': 'text/html' }, { kind: 'unknown', code: 'http_502' }],
  ] as const) {
    for (const body of ['<html>canary</html>', 'null', '[]', '{"code":', '']) {
      const { requests, url } = await answering(t, status, headers, body)
      t.match(await send(senderTo(t, url)), expected, `${status} ${body}`)
      t.equal(requests.length, 1, `${status}: one request`)
    }
  }
})

t.test('the sandbox’s faults have their meaning', async (t) => {
  const { sender, fault } = await sandbox(t)
  for (const [what, expected] of [
    [
      { mode: 'status', status: 400, error_code: 21610 },
      { kind: 'permanent', code: 'recipient_opted_out' },
    ],
    [
      { mode: 'status', status: 429 },
      { kind: 'retryable', code: 'vendor_rate_limited' },
    ],
    [
      { mode: 'status', status: 500 },
      { kind: 'unknown', code: 'http_500' },
    ],
    [{ mode: 'timeout' }, { kind: 'unknown', code: 'timeout' }],
    [{ mode: 'reset_before' }, { kind: 'unknown', code: 'connection_reset' }],
    [{ mode: 'accept_then_reset' }, { kind: 'unknown', code: 'connection_reset' }],
    [
      { mode: 'delay', delay_ms: 5_000 },
      { kind: 'unknown', code: 'timeout' },
    ],
    [{ mode: 'bad_body' }, { kind: 'accepted', providerMessageId: null }],
    [
      { mode: 'bad_body', status: 502 },
      { kind: 'unknown', code: 'http_502' },
    ],
    // The status came before the time was over, and it is the promise.
    [
      { mode: 'slow_body', delay_ms: 5_000 },
      { kind: 'accepted', providerMessageId: null },
    ],
  ] as const) {
    await fault(what)
    t.match(await send(sender, message, AbortSignal.timeout(1_500)), expected, JSON.stringify(what))
  }
})

t.test('where no connection was made, surely nothing was sent', async (t) => {
  const port = await freePort()
  const to = (url: string) => send(senderTo(t, url))
  t.same(await to(`http://127.0.0.1:${port}`), { kind: 'retryable', code: 'connection_refused' })
  t.same(await to('http://no-such-host.invalid'), { kind: 'retryable', code: 'host_not_found' })
  const { url } = await answering(t, 201)
  t.match(await to(url.replace('http:', 'https:')), { kind: 'retryable' }, 'a TLS handshake that fails')
  t.same(await send(senderTo(t, url), message, AbortSignal.abort()), { kind: 'retryable', code: 'timeout' })
})

t.test('an answer without end is cut off, and its status still counts', async (t) => {
  for (const [status, expected] of [
    [201, { kind: 'accepted', providerMessageId: null }],
    [500, { kind: 'unknown', code: 'http_500' }],
  ] as const) {
    const { url } = await answering(t, status, {}, `"${'x'.repeat(10_000_000)}"`)
    t.match(await send(senderTo(t, url)), expected)
  }
})

t.test('nothing of the environment is heeded: no proxy, no region, no log', async (t) => {
  const proxy = await answering(t, 500)
  const { requests, url } = await answering(t, 201)
  const said: unknown[] = []
  t.intercept(console, 'log', { value: (...args: unknown[]) => said.push(args) })
  const environment = {
    http_proxy: proxy.url,
    HTTP_PROXY: proxy.url,
    all_proxy: proxy.url,
    TWILIO_EDGE: 'sydney',
    TWILIO_REGION: 'au1',
    TWILIO_LOG_LEVEL: 'debug',
    TWILIO_CA_BUNDLE: '/no/such/file',
  }
  for (const [name, value] of Object.entries(environment)) {
    const before = process.env[name]
    process.env[name] = value
    t.teardown(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
  t.match(await send(senderTo(t, url)), { kind: 'accepted' })
  t.equal(requests.length, 1)
  t.equal(proxy.requests.length, 0)
  t.same(said, [])
})

t.test('a call that stood still until its time was over writes nothing; a written one is told', async (t) => {
  const { requests, url } = await answering(t, 201)
  const sender = senderTo(t, url, { connections: 1 })
  const { signal } = new AbortController()
  const late = { kind: 'retryable', code: 'started_too_late' }
  let written = 0
  const onWritten = () => {
    written += 1
  }
  t.same(await sender.send(message, { signal, mayBegin: () => false, onWritten }), late)
  t.equal(written, 0)
  t.match(await sender.send(message, { signal, mayBegin: () => true, onWritten }), { kind: 'accepted' })
  t.equal(written, 1)
  t.same(await sender.send(message, { signal, mayBegin: () => false }), late)
  t.equal(requests.length, 1)
})
