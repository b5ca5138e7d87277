import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import type { Sandbox } from '@postern/sandbox/sandbox'
import t from 'tap'
import { calls, inbox, mailTo, script, sendMail, setupSandbox } from '../setup-sandbox.ts'

const MAIL = mailTo('ada@example.com')

/** Sends, and gives up as soon as the ledger has the call: sooner would be no call at all. */
async function giveUp(sandbox: Sandbox): Promise<void> {
  const client = new AbortController()
  const sending = sendMail(sandbox, MAIL, { signal: client.signal })
  while ((await calls(sandbox)).length === 0);
  client.abort()
  await sending
}

/** The error that a client sees at its socket; null when it got an answer. */
async function socketError(sandbox: Sandbox): Promise<NodeJS.ErrnoException | null> {
  const body = JSON.stringify(MAIL)
  const { hostname, port } = new URL(sandbox.url)
  const socket = connect(Number(port), hostname)
  const head = `POST /sendgrid/v3/mail/send HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer SG.any\r\n`
  socket.write(
    `${head}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>()
  socket.once('error', resolve)
  socket.once('end', () => resolve(null))
  socket.once('data', () => resolve(null))
  const seen = await promise
  socket.destroy()
  return seen
}

t.test('status answers the vendor\u2019s own error and accepts nothing, as often as told', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { mode: 'status', status: 503, times: 2 })
  await script(sandbox, { mode: 'status', status: 429, times: 1, error_code: 'slow down' })
  for (const status of [503, 503]) {
    const response = await sendMail(sandbox, MAIL)
    t.equal(response.status, status)
    t.same(await response.json(), { errors: [{ message: 'internal server error', field: null, help: null }] })
  }
  const limited = await sendMail(sandbox, MAIL)
  t.equal(limited.status, 429)
  t.equal(limited.headers.get('retry-after'), '1')
  t.same(await limited.json(), { errors: [{ message: 'slow down', field: null, help: null }] })
  t.equal((await sendMail(sandbox, MAIL)).status, 202)
  t.same(
    (await calls(sandbox)).map(({ accepted, answered }) => [accepted, answered.status]),
    [
      [false, 503],
      [false, 503],
      [false, 429],
      [true, 202],
    ],
  )
  t.equal((await inbox(sandbox)).length, 1)
})

t.test('reset_before resets the connection and accepts nothing', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { mode: 'reset_before', times: 1 })
  t.equal((await socketError(sandbox))?.code, 'ECONNRESET')
  t.match(await calls(sandbox), [
    { accepted: false, fault: 'reset_before', answered: { outcome: 'reset', status: null } },
  ])
  t.same(await inbox(sandbox), [])
})

t.test('accept_then_reset resets the connection, and yet the mail is accepted', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { mode: 'accept_then_reset', times: 1 })
  t.equal((await socketError(sandbox))?.code, 'ECONNRESET')
  const [call] = await calls(sandbox)
  const [message] = await inbox(sandbox)
  t.match(call, {
    accepted: true,
    fault: 'accept_then_reset',
    answered: { outcome: 'reset', status: null },
    marker: { delivery_id: 'delivery of ada@example.com', attempt: 1 },
  })
  t.equal(message?.message_id, call?.message_id)
  t.type(call?.message_id, 'string')
})

t.test('accept_then_reset accepts nothing that the vendor would refuse', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { mode: 'accept_then_reset', times: 1 })
  await t.rejects(sendMail(sandbox, mailTo('nobody')))
  t.match(await calls(sandbox), [{ accepted: false, answered: { outcome: 'reset' } }])
})

t.test('timeout says nothing until the client gives up, and accepts nothing', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { mode: 'timeout', times: 1 })
  await t.rejects(giveUp(sandbox), { name: 'AbortError' })
  t.match(await calls(sandbox), [{ accepted: false, fault: 'timeout', answered: { outcome: 'silence' } }])
  t.same(await inbox(sandbox), [])
})

t.test('a timeout with a time of its own ends in a reset', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { mode: 'timeout', delay_ms: 50, times: 1 })
  const began = performance.now()
  t.equal((await socketError(sandbox))?.code, 'ECONNRESET')
  t.ok(performance.now() - began >= 49)
})

t.test('delay answers late, but the mail is accepted at once', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { mode: 'delay', delay_ms: 2_000, times: 1 })
  const began = performance.now()
  let answered = false
  const sent = sendMail(sandbox, MAIL).then((response) => {
    answered = true
    return response
  })
  let arrived = await inbox(sandbox)
  while (arrived.length === 0 && !answered) arrived = await inbox(sandbox)
  t.notOk(answered, 'it is in the inbox before the answer')
  t.equal((await sent).status, 202)
  t.ok(performance.now() - began >= 1_999)
})

t.test('a client that gives up during a delay has its mail accepted all the same', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { mode: 'delay', delay_ms: 600_000, times: 1 })
  await t.rejects(giveUp(sandbox), { name: 'AbortError' })
  t.match(await calls(sandbox), [{ accepted: true, fault: 'delay', answered: { status: 202 } }])
})

t.test('slow_body gives the status at once and the end of the body late', async (t) => {
  const sandbox = await setupSandbox(t)
  for (const [mail, status] of [
    [MAIL, 202],
    [{}, 400],
  ] as const) {
    await script(sandbox, { mode: 'slow_body', delay_ms: 1_000, times: 1 })
    const began = performance.now()
    const sending = request(`${sandbox.url}/sendgrid/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: 'Bearer SG.any', 'content-type': 'application/json' },
    })
    sending.end(JSON.stringify(mail))
    const [response] = (await once(sending, 'response')) as [IncomingMessage]
    t.equal(response.statusCode, status)
    t.notOk(response.complete, 'the body takes its time')
    const body = Buffer.concat(await response.toArray()).toString()
    t.ok(performance.now() - began >= 999)
    if (status === 400) t.ok(JSON.parse(body).errors.length > 0, 'and is whole')
    else t.equal(body, '')
  }
})

t.test('bad_body has the right status and a body that is not the vendor\u2019s', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { mode: 'bad_body', times: 1 })
  await script(sandbox, { mode: 'bad_body', status: 502, times: 1 })
  const cut = await sendMail(sandbox, MAIL)
  t.equal(cut.status, 202)
  await t.rejects(cut.json(), SyntaxError)
  const page = await sendMail(sandbox, MAIL)
  t.equal(page.status, 502)
  t.match(await page.text(), /^<html>/)
  t.same(
    (await calls(sandbox)).map(({ accepted }) => accepted),
    [true, false],
  )
})

t.test('times is exact among calls at once', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { mode: 'status', status: 500, times: 7 })
  await script(sandbox, { mode: 'reset_before', times: 5 })
  const mails = Array.from({ length: 60 }, () => sendMail(sandbox, MAIL).then(({ status }) => status))
  const outcomes = await Promise.allSettled(mails)
  const count = (status: number) =>
    outcomes.filter((each) => each.status === 'fulfilled' && each.value === status).length
  t.equal(count(500), 7)
  t.equal(outcomes.filter(({ status }) => status === 'rejected').length, 5)
  t.equal(count(202), 48)
  t.equal((await inbox(sandbox)).length, 48)
  const seqs = (await calls(sandbox)).map(({ seq }) => seq)
  t.same(
    seqs,
    Array.from({ length: 60 }, (_, place) => place + 1),
    'the ledger has each call once',
  )
})

t.test('closing the sandbox ends what hangs on purpose', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { mode: 'timeout' })
  const hanging = sendMail(sandbox, MAIL).then(
    () => 'answered',
    () => 'ended',
  )
  while ((await calls(sandbox)).length === 0);
  await sandbox.close()
  t.equal(await hanging, 'ended')
})
