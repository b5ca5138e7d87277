import { createConnection } from 'node:net'
import t from 'tap'
import { calls, inbox, setupSandbox } from '../setup-sandbox.ts'
import { ACCOUNT, getTwilio } from '../vendor/twilio/twilio-calls.ts'
import {
  callbackOf,
  type Heard,
  mailBySendgrid,
  mailBySes,
  setupReporting,
  smsByGateway,
  smsByTwilio,
} from './setup-receipts.ts'

interface Event {
  readonly sg_message_id: string
  readonly sg_event_id: string
  readonly event: string
}
const eventsOf = (heard: readonly Heard[]) =>
  heard.map(({ body }) => JSON.parse(body.toString('utf8')) as Event[])

t.test('copies are one event that is told several times, or as many events', async (t) => {
  const { sandbox, gateway, tell } = await setupReporting(t)
  const message_id = await mailBySendgrid(sandbox)
  gateway.answers.push(200, 500, 401)
  const { receipts } = await tell({ message_id, status: 'delivered', times: 3 })
  t.same(
    receipts.map(({ answered, body, tries }) => [answered, body, tries]),
    [
      [200, 'answer 1', 1],
      [500, 'answer 2', 1],
      [401, 'answer 3', 1],
    ],
  )
  t.equal(new Set(gateway.heard.map(({ body }) => String(body))).size, 1)
  await tell({ message_id, status: 'delivered', times: 3, new_ids: true })
  const ids = eventsOf(gateway.heard).map(([event]) => event?.sg_event_id)
  t.equal(new Set(ids).size, 4)
  const shown = (await (await fetch(`${sandbox.url}/receipts?limit=2`)).json()) as object[]
  t.match(shown, [{ provider: 'sendgrid', answered: 200 }, { answered: 200 }])
  t.equal(shown.length, 2)
})

t.test('a message is found by the inbox’s id too, also when the inbox was emptied', async (t) => {
  const { sandbox, gateway, tell } = await setupReporting(t)
  await mailBySendgrid(sandbox)
  const [{ id } = { id: '' }] = await inbox(sandbox)
  await fetch(`${sandbox.url}/inbox/messages`, { method: 'DELETE' })
  t.equal((await tell({ message_id: id, status: 'delivered' })).status, 200)
  t.equal(gateway.heard.length, 1)
})

t.test('several are told in the order asked for, by delay, or shuffled as the seed says', async (t) => {
  const told = async (seed: string, body: object) => {
    const { sandbox, gateway, tell } = await setupReporting(t, { seed })
    const ids = [await mailBySendgrid(sandbox), await mailBySendgrid(sandbox, 'bob@example.com')]
    const receipts = ids.flatMap((message_id) =>
      ['sent', 'deferred', 'delivered'].map((status, n) => ({ message_id, status, delay_ms: n * 40 })),
    )
    const asked = 'shuffle' in body ? receipts.map(({ delay_ms, ...receipt }) => receipt) : receipts
    const { status } = await tell({ receipts: asked, ...body })
    t.equal(status, 200)
    return eventsOf(gateway.heard).map((events) =>
      events.map(({ event, sg_message_id }) => `${event} ${ids.indexOf(sg_message_id.split('.')[0] ?? '')}`),
    )
  }
  const steps = ['processed 0', 'processed 1', 'deferred 0', 'deferred 1', 'delivered 0', 'delivered 1']
  t.same(
    await told('one', {}),
    steps.map((step) => [step]),
  )
  t.same(
    await told('one', { together: true }),
    [0, 2, 4].map((n) => steps.slice(n, n + 2)),
    'one call for what comes at the same time',
  )
  const shuffled = await told('one', { shuffle: true })
  t.same(shuffled.flat().toSorted(), steps.toSorted())
  t.same(await told('one', { shuffle: true }), shuffled)
  t.notSame(await told('two', { shuffle: true }), shuffled)
})

t.test('a hundred at once are a hundred calls', async (t) => {
  const { sandbox, gateway, tell } = await setupReporting(t)
  const message_id = await mailBySendgrid(sandbox)
  const { receipts } = await tell({
    receipts: [{ message_id, status: 'delivered', times: 100 }],
    at_once: true,
  })
  t.ok(receipts.every(({ answered }) => answered === 200))
  t.equal(gateway.heard.length, 100)
})

t.test('a gateway that is not there is an answer too', async (t) => {
  const { sandbox, tell } = await setupReporting(t, { webhookUrl: 'http://127.0.0.1:1' })
  const message_id = await mailBySendgrid(sandbox)
  const { status, receipts } = await tell({ message_id, status: 'delivered' })
  t.equal(status, 200)
  t.match(receipts, [{ answered: null, body: '', tries: 1 }])
})

t.test('what no vendor could say is refused with a sentence, and nothing is told', async (t) => {
  const { sandbox, gateway, tell } = await setupReporting(t)
  const sendgrid = await mailBySendgrid(sandbox)
  const twilio = await smsByTwilio(sandbox, callbackOf(gateway.url))
  const silent = await smsByTwilio(sandbox, undefined)
  const refused: [object, RegExp][] = [
    [{ message_id: 'nobody’s', status: 'delivered' }, /No vendor took/],
    [{ message_id: sendgrid, status: 'read' }, /status|schema/],
    [{ message_id: sendgrid, status: 'delivered', tamper: 'colour' }, /tamper|schema/],
    [{ message_id: sendgrid, status: 'delivered', times: 0 }, /times|schema/],
    [{ message_id: sendgrid, status: 'delivered', extra: 1 }, /additional|schema/],
    [{ message_id: twilio, status: 'bounced' }, /Twilio never says "bounced"; it says sent, delivered/],
    [{ message_id: twilio, status: 'complained' }, /Twilio never says/],
    [{ message_id: twilio, status: 'deferred' }, /Twilio never says/],
    [{ message_id: twilio, status: 'delivered', error_code: 30003 }, /no code with "delivered"/],
    [{ message_id: twilio, status: 'undelivered', error_code: 'x' }, /is a number/],
    [{ message_id: twilio, status: 'delivered', tamper: 'stale' }, /signs no time/],
    [{ message_id: silent, status: 'delivered' }, /no StatusCallback/],
    [
      {
        receipts: [
          { message_id: sendgrid, status: 'delivered' },
          { message_id: silent, status: 'delivered' },
        ],
      },
      /no StatusCallback/,
    ],
    [{ receipts: [] }, /receipts|schema/],
  ]
  for (const [body, reason] of refused) {
    const { status, message } = await tell(body)
    t.equal(status, 400, JSON.stringify(body))
    t.match(message, reason)
  }
  t.same(gateway.heard, [])
})

t.test('who asks Twilio learns what happened, also where the call about it got lost', async (t) => {
  // By a clock that moves, a message is on its way after a second.
  const now = new Date()
  const { sandbox, gateway, tell } = await setupReporting(t, { clock: { now: () => now } })
  const asked = async (sid: string) => {
    const answer = await getTwilio(sandbox, `/2010-04-01/Accounts/${ACCOUNT}/Messages/${sid}.json`)
    const { status, error_code } = (await answer.json()) as { status: string; error_code: number | null }
    return [status, error_code]
  }
  const told = await smsByTwilio(sandbox, callbackOf(gateway.url))
  await tell({ message_id: told, status: 'delivered', tamper: 'signature' })
  t.same(await asked(told), ['queued', null], 'a forger changes nothing')
  await tell({ receipts: ['delivered', 'sent'].map((status) => ({ message_id: told, status })) })
  t.same(await asked(told), ['delivered', null], 'what comes late does not undo it')
  const before = gateway.heard.length
  for (const [receipt, state] of [
    [{ status: 'undelivered' }, ['undelivered', 30003]],
    [{ status: 'undelivered', error_code: 30450 }, ['failed', 30450]],
    [{ status: 'sent' }, ['sent', null]],
  ] as const) {
    const sid = await smsByTwilio(sandbox, undefined)
    const { receipts } = await tell({ message_id: sid, ...receipt, lost: true })
    t.match(receipts, [{ answered: null, tries: 0, url: null }])
    t.same(await asked(sid), state)
  }
  t.equal(gateway.heard.length, before)
  const mail = await mailBySendgrid(sandbox)
  t.match(await tell({ message_id: mail, status: 'sent', lost: true }), {
    status: 400,
    message: /cannot be asked/,
  })
  const bounced = await tell({ message_id: told, status: 'bounced', lost: true })
  t.match(bounced, { status: 400, message: /Twilio never says/ })
})

t.test('the same seed gives the same ids and events', async (t) => {
  const run = async (seed: string) => {
    const { sandbox, gateway, tell } = await setupReporting(t, { seed })
    const ids = [await mailBySendgrid(sandbox), await mailBySes(sandbox), await smsByGateway(sandbox)]
    ids.push(await smsByTwilio(sandbox, callbackOf(gateway.url)))
    for (const message_id of ids) await tell({ message_id, status: 'delivered' })
    const events = eventsOf(gateway.heard.slice(0, 1))
      .flat()
      .map(({ sg_event_id }) => sg_event_id)
    const sns = gateway.heard.map(({ headers }) => headers['x-amz-sns-message-id'])
    return [ids, events, sns, (await inbox(sandbox)).map(({ id }) => id)]
  }
  const first = await run('one')
  t.same(await run('one'), first)
  t.notSame(await run('two'), first)
})

t.test('a mail server tells nobody, and a vendor without a key cannot sign', async (t) => {
  const sandbox = await setupSandbox(t)
  const say = async (message_id: string) => {
    const response = await fetch(`${sandbox.url}/receipts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message_id, status: 'delivered' }),
    })
    return [
      response.status,
      ((await response.json()) as { error: { message: string } }).error.message,
    ] as const
  }
  const socket = createConnection(sandbox.smtpPort, '127.0.0.1')
  const lines = ['EHLO a', 'MAIL FROM:<a@example.com>', 'RCPT TO:<ada@example.com>', 'DATA']
  const mail = [
    'From: a@example.com',
    'Date: Fri, 20 Nov 2026 12:00:00 +0000',
    'Message-ID: <m@a>',
    '',
    'Hi',
    '.',
  ]
  const rest = [...lines, mail.join('\r\n')]
  for await (const chunk of socket) {
    // One step for each reply; a reply's last line has a blank behind its code.
    if (!/^\d{3} [^\r\n]*\r\n$/m.test(String(chunk))) continue
    const next = rest.shift()
    if (next === undefined) break
    socket.write(`${next}\r\n`)
  }
  t.match(await say('m@a'), [400, /smtp tells of its messages by no webhook/])
  const keys = [
    [await mailBySendgrid(sandbox), /POSTERN_SANDBOX_SENDGRID_RECEIPT_KEY_FILE/],
    [await mailBySes(sandbox), /POSTERN_SANDBOX_SNS_KEY_FILE/],
    [await smsByGateway(sandbox), /POSTERN_SANDBOX_GATEWAY_RECEIPT_KEY_FILE/],
    [await smsByTwilio(sandbox, 'http://127.0.0.1:1/x'), /POSTERN_SANDBOX_TWILIO_RECEIPT_TOKEN_FILE/],
  ] as const
  for (const [id, reason] of keys) t.match(await say(id), [400, reason])
  t.equal((await fetch(`${sandbox.url}/sns/certificate.pem`)).status, 404)
  t.equal((await calls(sandbox)).length, 5)
})

t.test('with a delay set, what was taken is delivered by itself', async (t) => {
  const { sandbox, gateway } = await setupReporting(t, { deliveredAfterMs: 1 })
  const message_id = await mailBySendgrid(sandbox)
  await smsByTwilio(sandbox, undefined)
  const deadline = Date.now() + 20_000
  while (gateway.heard.length === 0 && Date.now() < deadline) await inbox(sandbox)
  t.match(eventsOf(gateway.heard), [[{ event: 'delivered', sg_message_id: new RegExp(message_id) }]])
})
