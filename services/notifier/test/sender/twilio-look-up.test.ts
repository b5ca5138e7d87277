import { createSandbox } from '@postern/sandbox/sandbox'
import t, { type Test } from 'tap'
import type { SmsMessage } from '../../src/sender/sender.ts'
import { createTwilioSender } from '../../src/sender/twilio.sender.ts'

const message: SmsMessage = {
  tenantId: '0190a000-0000-7000-8000-0000000000aa',
  deliveryId: '0190a000-0000-7000-8000-000000000001',
  attempt: 1,
  to: '+447700900123',
  text: '031416 is your code for Acme.\n@app.example.org #031416',
  validForSeconds: 287,
}
const accountSid = `AC${'0a'.repeat(16)}`
const aMinuteAgo = () => new Date(Date.now() - 60_000)

async function vendor(t: Test) {
  const { url, close } = await createSandbox()
  t.teardown(close)
  const sender = createTwilioSender({
    url: `${url}/twilio`,
    accountSid,
    authToken: 'canary-token-canary-token',
    from: { from: 'Acme' },
    connections: 5,
  })
  t.teardown(() => sender.close())
  const fault = (what: object) =>
    fetch(`${url}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ provider: 'twilio', times: 1, ...what }),
    })
  const { lookUp } = sender
  if (lookUp === undefined) throw new Error('Twilio can be asked')
  const look = (sms = message, since = aMinuteAgo(), signal = AbortSignal.timeout(20_000)) =>
    lookUp(sms, since, signal)
  const send = (sms = message) => sender.send(sms, { signal: AbortSignal.timeout(20_000) })
  return { look, send, fault, url }
}

t.test('a message whose answer was lost is found, with its id, though it still waits', async (t) => {
  const { look, send, fault } = await vendor(t)
  t.same(await look(), { kind: 'not_found' }, 'before it was sent')
  await fault({ mode: 'accept_then_reset' })
  t.match(await send(), { kind: 'unknown' })
  t.match(await look(), { kind: 'found', providerMessageId: /^SM[0-9a-f]{32}$/ })
})

t.test('only this text to this number, from no earlier than asked, is this message', async (t) => {
  const { look, send } = await vendor(t)
  t.match(await send(), { kind: 'accepted' })
  t.same(await look({ ...message, to: '+447700900124' }), { kind: 'not_found' }, 'another number')
  t.same(await look({ ...message, text: message.text.replaceAll('031416', '031417') }), { kind: 'not_found' })
  t.same(await look(message, new Date(Date.now() + 60_000)), { kind: 'not_found' }, 'an older message')
  t.match(await look(message), { kind: 'found' })
})

t.test('words that a trial account gets in front do not hide it, words behind do', async (t) => {
  const { look, send } = await vendor(t)
  await send({ ...message, text: `Sent from a trial account - ${message.text}` })
  t.match(await look(), { kind: 'found' })
  await send({ ...message, to: '+447700900125', text: `${message.text}.` })
  t.same(await look({ ...message, to: '+447700900125' }), { kind: 'not_found' })
})

t.test('it is found among fifty newer ones, and no further page is asked for', async (t) => {
  const { look, send, url } = await vendor(t)
  await send()
  for (let n = 0; n < 49; n += 1) await send({ ...message, text: `Another ${n}` })
  t.match(await look(), { kind: 'found' })
  await send({ ...message, text: 'One more' })
  t.same(await look(), { kind: 'not_found' })
  const calls = (await (await fetch(`${url}/calls?provider=twilio`)).json()) as { method: string }[]
  t.equal(calls.filter(({ method }) => method === 'GET').length, 2)
})

t.test('a vendor that fails is no answer; one that lets nobody look never tells', async (t) => {
  const { look, send, fault } = await vendor(t)
  await send()
  for (const what of [
    { mode: 'status', status: 500 },
    { mode: 'status', status: 429 },
    { mode: 'bad_body' },
    { mode: 'bad_body', status: 502 },
    { mode: 'reset_before' },
    { mode: 'timeout' },
  ]) {
    await fault(what)
    t.same(
      await look(message, aMinuteAgo(), AbortSignal.timeout(300)),
      { kind: 'no_answer' },
      JSON.stringify(what),
    )
  }
  for (const status of [401, 403]) {
    await fault({ mode: 'status', status })
    t.same(await look(), { kind: 'not_found' }, `${status}`)
  }
  t.match(await look(), { kind: 'found' })
})
