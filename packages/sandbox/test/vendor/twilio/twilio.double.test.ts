import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sandbox } from '@postern/sandbox/sandbox'
import t from 'tap'
import twilio from 'twilio'
import { Compile } from 'typebox/compile'
import { TwilioMessage } from '../../../src/vendor/twilio/message.schema.ts'
import { calls, inbox, setupSandbox } from '../../setup-sandbox.ts'
import { ACCOUNT, basic, getTwilio, MESSAGES, SERVICE, sendSms, smsTo } from './twilio-calls.ts'

const TO = '+447700900001'
const isMessage = Compile(TwilioMessage)

interface Listed {
  messages: { to: string; sid: string; status: string; body: string }[]
  next_page_uri: string | null
}
const listed = async (sandbox: Sandbox, query: string) =>
  (await (await getTwilio(sandbox, `${MESSAGES}?${query}`)).json()) as Listed

/** A clock that a test sets. */
function clockAt(instant: string) {
  let now = new Date(instant)
  const pass = (ms: number) => {
    now = new Date(now.getTime() + ms)
  }
  return { now: () => now, pass }
}

t.test('an accepted message is answered with the whole resource, and arrives', async (t) => {
  const sandbox = await setupSandbox(t)
  for (const change of [{}, { From: undefined, MessagingServiceSid: SERVICE }]) {
    const response = await sendSms(sandbox, smsTo(TO, change))
    t.equal(response.status, 201)
    const message: unknown = await response.json()
    t.ok(isMessage.Check(message), JSON.stringify(isMessage.Errors(message)))
    const [arrived] = await inbox(sandbox)
    t.match(arrived, {
      channel: 'sms',
      provider: 'twilio',
      to: TO,
      from: change.MessagingServiceSid ?? '+15005550006',
      subject: null,
      text: 'Your code is 031416.',
      html: null,
      message_id: (message as { sid: string }).sid,
    })
  }
})

t.test('ids are the same in every run of one seed, and never come again without one', async (t) => {
  const ids = async (seed?: string) => {
    const sandbox = await setupSandbox(t, { seed })
    const sent = [TO, TO, '+447700900002'].map(async (to) => (await sendSms(sandbox, smsTo(to))).json())
    const found = (await Promise.all(sent)) as { sid: string }[]
    return found.map(({ sid }) => sid).sort()
  }
  const first = await ids('one')
  t.same(await ids('one'), first)
  t.notSame(await ids(), await ids(), 'receipts of a run must not pass for those of the one before')
  t.equal(new Set(first).size, 3)
})

t.test('Twilio\u2019s own client sends, looks up, and reads the refusal', async (t) => {
  const sandbox = await setupSandbox(t)
  const client = twilio(ACCOUNT, 'a-token')
  client.api.baseUrl = `${sandbox.url}/twilio`
  const message = {
    to: TO,
    from: '+15005550006',
    body: 'Code: 031416 \u{1f511} & more',
    validityPeriod: 299,
    riskCheck: 'enable' as const,
    attempt: 2,
  }
  const sent = await client.messages.create(message)
  t.match(sent.sid, /^SM/)
  t.equal(sent.status, 'queued')
  t.equal((await client.messages(sent.sid).fetch()).body, message.body)
  t.same(
    (await client.messages.list({ to: TO })).map(({ sid }) => sid),
    [sent.sid],
  )
  await t.rejects(client.messages.create({ ...message, to: '+15005550004' }), { status: 400, code: 21610 })
  await t.rejects(client.messages.create({ ...message, validityPeriod: 36_001 }), { code: 20001 })
})

t.test('a wrong account or token is refused in Twilio\u2019s form, and no message arrives', async (t) => {
  const twilioTokenFile = join(t.testdir({}), 'twilio-auth-token')
  const sandbox = await setupSandbox(t, { twilioTokenFile })
  const shown = (authorization: string) => sendSms(sandbox, smsTo(TO), { headers: { authorization } })
  t.equal((await shown(basic(ACCOUNT, 'right'))).status, 401, 'no token is there yet')
  await writeFile(twilioTokenFile, 'right\n')
  for (const wrong of [
    '',
    'right',
    'Basic',
    'Bearer right',
    basic(ACCOUNT, 'wrong'),
    basic(ACCOUNT, ''),
    basic(`AC${'00'.repeat(16)}`, 'right'),
    basic('', 'right'),
  ]) {
    const refused = await shown(wrong)
    t.equal(refused.status, 401, wrong)
    t.match(await refused.json(), { code: 20003, status: 401 })
  }
  t.same(await inbox(sandbox), [])
  t.equal((await shown(basic(ACCOUNT, 'right'))).status, 201)
})

t.test('other paths, methods and content types are refused as the vendor would', async (t) => {
  const sandbox = await setupSandbox(t)
  const at = `${sandbox.url}/twilio`
  const headers = { authorization: basic(ACCOUNT, 'a-token') }
  t.equal((await fetch(`${at}/2010-04-01/Accounts/${ACCOUNT}/Calls.json`, { headers })).status, 404)
  t.equal((await fetch(`${at}${MESSAGES}`, { method: 'DELETE', headers })).status, 405)
  const asJson = { headers: { 'content-type': 'application/json' } }
  t.equal((await sendSms(sandbox, JSON.stringify(smsTo(TO)), asJson)).status, 415)
  t.equal((await sendSms(sandbox, '')).status, 400)
  const unknown = `/2010-04-01/Accounts/${ACCOUNT}/Messages/SM${'00'.repeat(16)}.json`
  t.match(await (await getTwilio(sandbox, unknown)).json(), { code: 20404 })
  t.equal((await getTwilio(sandbox, `${MESSAGES}?to=${TO}`)).status, 400, 'an unknown filter')
})

t.test('the newest message is listed first, by recipient, sender and page', async (t) => {
  const sandbox = await setupSandbox(t)
  for (let n = 1; n <= 5; n += 1) await sendSms(sandbox, smsTo(TO, { Body: `Text ${n}` }))
  await sendSms(sandbox, smsTo('+447700900002', { From: 'Acme' }))
  const bodies = async (query: string) => (await listed(sandbox, query)).messages.map(({ body }) => body)
  const to = `To=${encodeURIComponent(TO)}`
  t.same(await bodies(to), ['Text 5', 'Text 4', 'Text 3', 'Text 2', 'Text 1'])
  t.same((await bodies('From=Acme')).length, 1)
  t.same(await bodies(`${to}&From=Acme`), [])
  const first = await listed(sandbox, `${to}&PageSize=2`)
  t.same(
    first.messages.map(({ body }) => body),
    ['Text 5', 'Text 4'],
  )
  const next = await getTwilio(sandbox, first.next_page_uri ?? '')
  t.match(await next.json(), { messages: [{ body: 'Text 3' }, { body: 'Text 2' }], page: 1 })
  t.equal((await listed(sandbox, `${to}&PageSize=2&Page=2`)).next_page_uri, null)
})

t.test('what still waits has no day of sending, and no filter by day shows it', async (t) => {
  const clock = clockAt('2026-11-20T23:59:59.500Z')
  const sandbox = await setupSandbox(t, { clock })
  await sendSms(sandbox, smsTo(TO))
  const seen = async (query: string) => (await listed(sandbox, query)).messages.map(({ status }) => status)
  t.same(await seen(''), ['queued'])
  t.same(await seen('DateSent%3E=2026-11-20'), [])
  clock.pass(1_000)
  t.same(await seen(''), ['sent'])
  for (const [query, shown] of [
    ['DateSent=2026-11-21', 1],
    ['DateSent=2026-11-20', 0],
    ['DateSent%3E=2026-11-21', 1],
    ['DateSent%3E=2026-11-22', 0],
    ['DateSent%3C=2026-11-20', 0],
    ['DateSent%3E=2026-11-21T00:00:00Z', 1],
    ['DateSent%3C=2026-11-21T00:00:00Z', 0],
  ] as const) {
    t.equal((await seen(query)).length, shown, query)
  }
})

t.test(
  'each call is in the ledger with its recipient, its delivery where it says one, and its digest',
  async (t) => {
    const sandbox = await setupSandbox(t)
    const delivery = '0190a000-0000-7000-8000-000000000001'
    const StatusCallback = `https://id.example.org/v1/webhooks/twilio/main/${delivery}?a=1#rc=5`
    await sendSms(sandbox, smsTo(TO, { StatusCallback, Attempt: '2' }))
    await sendSms(sandbox, smsTo('+15005550004'))
    await getTwilio(sandbox, `${MESSAGES}?To=${encodeURIComponent(TO)}`)
    const [first, second, look] = await calls(sandbox)
    const digest = createHash('sha256')
      .update(new URLSearchParams({ ...smsTo(TO), StatusCallback, Attempt: '2' }).toString())
      .digest('hex')
    t.match(first, {
      provider: 'twilio',
      method: 'POST',
      to: TO,
      marker: { delivery_id: delivery, attempt: 2 },
      accepted: true,
      body_sha256: digest,
    })
    t.match(second, { to: '+15005550004', marker: null, accepted: false, answered: { status: 400 } })
    t.match(look, { method: 'GET', to: TO, accepted: false, answered: { status: 200 } })
  },
)

t.test('a fault spoils a look-up as it spoils a send', async (t) => {
  const sandbox = await setupSandbox(t)
  const script = (fault: object) =>
    fetch(`${sandbox.url}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ provider: 'twilio', times: 1, ...fault }),
    })
  await script({ mode: 'status', status: 400, error_code: 30450 })
  t.match(await (await sendSms(sandbox, smsTo(TO))).json(), { code: 30450, status: 400 })
  await script({ mode: 'status', status: 429 })
  t.match(await (await sendSms(sandbox, smsTo(TO))).json(), { code: 20429, status: 429 })
  await script({ mode: 'accept_then_reset' })
  await t.rejects(sendSms(sandbox, smsTo(TO)))
  t.equal((await listed(sandbox, '')).messages.length, 1, 'what was accepted and never answered')
  await script({ mode: 'status', status: 500, method: 'POST' })
  t.equal((await getTwilio(sandbox, MESSAGES)).status, 200, 'a fault of sends leaves look-ups alone')
  t.equal((await sendSms(sandbox, smsTo(TO))).status, 500)
  await script({ mode: 'status', status: 503 })
  t.equal((await getTwilio(sandbox, MESSAGES)).status, 503)
})
