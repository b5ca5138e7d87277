import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import type { Sandbox, SandboxOptions } from '@postern/sandbox/sandbox'
import t, { type Test } from 'tap'
import { calls, inbox, script, setupSandbox } from '../../setup-sandbox.ts'

const API_KEY = 'gateway-test-api-key'
const SIGNING_KEY = 'gateway-test-signing-key'
const ID = '0190a000-0000-7000-8000-000000000001'

async function setup(t: Test, options: SandboxOptions = {}): Promise<Sandbox> {
  const gatewayKeyFile = join(t.testdir({ key: `${API_KEY}:${SIGNING_KEY}\n` }), 'key')
  return await setupSandbox(t, { gatewayKeyFile, ...options })
}

const EMAIL = {
  id: ID,
  tenant: '0190a000-0000-7000-8000-0000000000aa',
  attempt: 1,
  channel: 'email',
  to: 'ada@example.com',
  from: { email: 'sign-in@example.com', name: 'Acme' },
  subject: 'Your link',
  text: 'Hello',
  html: '<p>Hello</p>',
}
const SMS = {
  id: ID,
  tenant: '0190a000-0000-7000-8000-0000000000aa',
  attempt: 1,
  channel: 'sms',
  to: '+4915112345678',
  text: 'Hello',
  valid_for_seconds: 300,
}

/** A call as the contract asks for it, but for `headers`. */
async function post(sandbox: Sandbox, message: unknown, headers: Record<string, string> = {}) {
  const body = JSON.stringify(message)
  const timestamp = headers['x-timestamp'] ?? String(Math.floor(Date.now() / 1_000))
  const signature = createHmac('sha256', SIGNING_KEY).update(`${timestamp}.${body}`).digest('hex')
  return await fetch(`${sandbox.url}/gateway/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': API_KEY,
      'x-timestamp': timestamp,
      'x-signature': `sha256=${signature}`,
      'idempotency-key': ID,
      ...headers,
    },
    body,
  })
}

t.test('a signed message of either channel is taken', async (t) => {
  const sandbox = await setup(t)
  const answer = await post(sandbox, EMAIL)
  t.equal(answer.status, 202)
  const { id } = (await answer.json()) as { id: string }
  const other = '0190a000-0000-7000-8000-000000000002'
  t.equal((await post(sandbox, { ...SMS, id: other }, { 'idempotency-key': other })).status, 202)
  t.match(await inbox(sandbox), [
    { channel: 'sms', to: '+4915112345678', text: 'Hello', subject: null },
    {
      channel: 'email',
      provider: 'gateway',
      to: 'ada@example.com',
      from: 'sign-in@example.com',
      from_name: 'Acme',
      message_id: id,
      marker: { delivery_id: ID, attempt: 1 },
    },
  ])
})

t.test('a repeat gets the first answer, and the message goes out once', async (t) => {
  const sandbox = await setup(t)
  const first = await (await post(sandbox, EMAIL)).json()
  const second = await post(sandbox, { ...EMAIL, attempt: 2 })
  t.equal(second.status, 202)
  t.same(await second.json(), first)
  t.equal((await inbox(sandbox)).length, 1)
  t.same(
    (await calls(sandbox)).map(({ accepted, marker }) => [accepted, marker?.attempt]),
    [
      [true, 1],
      [false, 2],
    ],
  )
})

t.test('whoever cannot sign is refused', async (t) => {
  const now = Math.floor(Date.now() / 1_000)
  // It stands: a second later what lies 301 s ahead would be early enough.
  const sandbox = await setup(t, { clock: { now: () => new Date(now * 1_000) } })
  const zeros = `sha256=${'0'.repeat(64)}`
  for (const headers of [
    { 'x-api-key': 'another' },
    { 'x-signature': zeros },
    { 'x-signature': zeros.slice(7) },
    { 'x-signature': '' },
    { 'x-timestamp': String(now - 301) },
    { 'x-timestamp': String(now + 301) },
    { 'x-timestamp': `${now}000` },
  ] as Record<string, string>[]) {
    const answer = await post(sandbox, EMAIL, headers)
    t.equal(answer.status, 401, JSON.stringify(headers))
    t.match(await answer.json(), { error: { code: 'unauthenticated' } })
  }
  t.same(await inbox(sandbox), [])
})

/** What changes in a message that is otherwise right (undefined takes a field away). */
const REFUSED: readonly (readonly [title: string, message: object])[] = [
  ['an unknown field', { ...EMAIL, priority: 1 }],
  ['an unknown field of the sender', { ...EMAIL, from: { ...EMAIL.from, reply: 'x' } }],
  ['an id that is none', { ...EMAIL, id: 'd-1' }],
  ['no tenant', { ...EMAIL, tenant: undefined }],
  ['an attempt as text', { ...EMAIL, attempt: '1' }],
  ['attempt zero', { ...EMAIL, attempt: 0 }],
  ['another channel', { ...EMAIL, channel: 'fax' }],
  ['a list of recipients', { ...EMAIL, to: ['ada@example.com'] }],
  ['a number as a mail’s recipient', { ...EMAIL, to: SMS.to }],
  ['a sender that is a text', { ...EMAIL, from: 'sign-in@example.com' }],
  ['no subject', { ...EMAIL, subject: undefined }],
  ['a subject of two lines', { ...EMAIL, subject: 'a\r\nBcc: b@example.com' }],
  ['no text', { ...EMAIL, text: undefined }],
  ['a subject in an SMS', { ...SMS, subject: 'x' }],
  ['a mail’s text for ever', { ...EMAIL, valid_for_seconds: 300 }],
  ['a number without a plus', { ...SMS, to: '4915112345678' }],
  ['a time that is a text', { ...SMS, valid_for_seconds: '300' }],
  ['no time', { ...SMS, valid_for_seconds: undefined }],
]

t.test('what is not in the contract is refused', async (t) => {
  const sandbox = await setup(t)
  for (const [title, message] of REFUSED) {
    const answer = await post(sandbox, message)
    t.equal(answer.status, 400, title)
    t.match(await answer.json(), { error: { code: 'invalid', message: /./ } }, title)
  }
  t.equal((await post(sandbox, EMAIL, { 'idempotency-key': 'another' })).status, 400)
  t.equal((await post(sandbox, EMAIL, { 'content-type': 'text/plain' })).status, 415)
  t.same(await inbox(sandbox), [])
})

t.test('scripted faults are told in the contract’s form', async (t) => {
  const sandbox = await setup(t)
  await script(sandbox, {
    provider: 'gateway',
    mode: 'status',
    status: 403,
    error_code: 'opted_out',
    times: 1,
  })
  await script(sandbox, { provider: 'gateway', mode: 'status', status: 429, times: 1 })
  const refused = await post(sandbox, EMAIL)
  t.equal(refused.status, 403)
  t.match(await refused.json(), { error: { code: 'opted_out' } })
  const limited = await post(sandbox, EMAIL)
  t.equal(limited.headers.get('retry-after'), '1')
})
