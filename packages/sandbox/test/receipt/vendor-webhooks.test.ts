// What each vendor's receipt looks like on the wire, checked by the vendor's own recipe and not by ours.

import { createHmac, verify } from 'node:crypto'
import t from 'tap'
import twilio from 'twilio'
import {
  callbackOf,
  DELIVERY,
  GATEWAY_KEY,
  type Heard,
  mailBySendgrid,
  mailBySes,
  OTHER_TENANT,
  setupReporting,
  smsByGateway,
  smsByTwilio,
  TENANT,
  TWILIO_TOKEN,
} from './setup-receipts.ts'

const first = (heard: Heard[]): Heard => {
  const [call] = heard
  if (call === undefined) throw new Error('nothing was heard')
  heard.length = 0
  return call
}
const jsonOf = ({ body }: Heard) => JSON.parse(body.toString('utf8'))
const isFresh = (seconds: unknown) => Math.abs(Number(seconds) - Date.now() / 1_000) < 60

t.test('SendGrid signs an array of events that carry what the mail was marked with', async (t) => {
  const { sandbox, gateway, publicKeys, tell } = await setupReporting(t)
  const message_id = await mailBySendgrid(sandbox)
  const genuine = ({ headers, body }: Heard) =>
    verify(
      'sha256',
      Buffer.concat([Buffer.from(String(headers['x-twilio-email-event-webhook-timestamp'])), body]),
      publicKeys.sendgrid,
      Buffer.from(String(headers['x-twilio-email-event-webhook-signature']), 'base64'),
    )
  const events: Record<string, object> = {
    sent: { event: 'processed' },
    delivered: { event: 'delivered' },
    undelivered: { event: 'bounce', type: 'blocked' },
    bounced: { event: 'bounce', type: 'bounce', status: '5.1.1', reason: /550/ },
    complained: { event: 'spamreport' },
    opted_out: { event: 'unsubscribe' },
    deferred: { event: 'deferred', response: /451/ },
  }
  for (const [status, event] of Object.entries(events)) {
    const { receipts } = await tell({ message_id, status })
    t.match(receipts, [
      { provider: 'sendgrid', answered: 200, tamper: null, events: [{ message_id, status }] },
    ])
    const call = first(gateway.heard)
    t.equal(call.url, '/v1/webhooks/sendgrid/default')
    t.ok(genuine(call), status)
    t.ok(call.body.toString('latin1').endsWith(']\r\n'))
    const marks = { delivery_id: DELIVERY, attempt: '2', tenant_id: TENANT, email: 'ada@example.com' }
    t.match(jsonOf(call), [{ ...event, ...marks, sg_message_id: new RegExp(`^${message_id}\\.`) }])
    t.ok(isFresh(call.headers['x-twilio-email-event-webhook-timestamp']))
  }
  for (const tamper of ['signature', 'body', 'timestamp']) {
    await tell({ message_id, status: 'delivered', tamper })
    t.notOk(genuine(first(gateway.heard)), tamper)
  }
  await tell({ message_id, status: 'delivered', tamper: 'tenant' })
  const ofAnother = first(gateway.heard)
  t.ok(genuine(ofAnother))
  t.match(jsonOf(ofAnother), [{ tenant_id: OTHER_TENANT }])
  await tell({ message_id, status: 'delivered', tamper: 'stale' })
  const stale = first(gateway.heard)
  t.ok(genuine(stale))
  t.notOk(isFresh(stale.headers['x-twilio-email-event-webhook-timestamp']))
})

t.test(
  'Twilio posts a signed form to the address of the message, without what stands behind its #',
  async (t) => {
    const { sandbox, gateway, tell } = await setupReporting(t)
    const callback = callbackOf(gateway.url)
    const message_id = await smsByTwilio(sandbox, `${callback}#rc=5&rp=all`)
    const fieldsOf = ({ body }: Heard) => Object.fromEntries(new URLSearchParams(body.toString('utf8')))
    const genuine = (call: Heard) =>
      twilio.validateRequest(
        TWILIO_TOKEN,
        String(call.headers['x-twilio-signature']),
        `${gateway.url}${call.url}`,
        fieldsOf(call),
      )
    const said: [object, object][] = [
      [{ status: 'sent' }, { MessageStatus: 'sent', ErrorCode: undefined }],
      [{ status: 'delivered' }, { MessageStatus: 'delivered', ErrorCode: undefined }],
      [{ status: 'undelivered' }, { MessageStatus: 'undelivered', ErrorCode: '30003' }],
      [
        { status: 'undelivered', error_code: 30450 },
        { MessageStatus: 'failed', ErrorCode: '30450' },
      ],
      [{ status: 'opted_out' }, { MessageStatus: 'failed', ErrorCode: '21610' }],
    ]
    for (const [receipt, form] of said) {
      await tell({ message_id, ...receipt })
      const call = first(gateway.heard)
      t.equal(`${gateway.url}${call.url}`, callback)
      t.ok(genuine(call), JSON.stringify(receipt))
      t.match(fieldsOf(call), { ...form, MessageSid: message_id, SmsSid: message_id, To: '+4915112345678' })
    }
    for (const tamper of ['signature', 'body']) {
      await tell({ message_id, status: 'delivered', tamper })
      t.notOk(genuine(first(gateway.heard)), tamper)
    }
    await tell({ message_id, status: 'delivered', tamper: 'timestamp' })
    const moved = first(gateway.heard)
    t.match(moved.url, /[?&]exp=1800086400&s=mark$/)
    t.ok(genuine(moved), 'Twilio signs whatever address it was given')
    await tell({ message_id, status: 'delivered', tamper: 'tenant' })
    const ofAnother = first(gateway.heard)
    t.match(ofAnother.url, new RegExp(`[?&]t=${OTHER_TENANT}&`))
    t.ok(genuine(ofAnother))
  },
)

t.test(
  'Twilio connects again as the address asks for, and by itself only where nobody was there',
  async (t) => {
    const { sandbox, gateway, tell } = await setupReporting(t)
    const idOf = (fragment: string) => smsByTwilio(sandbox, callbackOf(gateway.url, fragment))
    const triesAfter = async (message_id: string, answers: (number | 'reset')[], more: object = {}) => {
      gateway.answers.splice(0, Number.POSITIVE_INFINITY, ...answers)
      const { receipts } = await tell({ message_id, status: 'delivered', ...more })
      const tokens = gateway.heard.map(({ headers }) => headers['i-twilio-idempotency-token'])
      t.equal(new Set(tokens).size, 1, 'each try names the same event')
      gateway.heard.length = 0
      return receipts.map(({ tries, answered }) => [tries, answered])
    }
    const plain = await idOf('')
    t.same(await triesAfter(plain, [503]), [[1, 503]])
    t.same(await triesAfter(plain, ['reset']), [[2, 200]])
    const stubborn = await idOf('#rc=5&rp=all')
    t.same(await triesAfter(stubborn, [503, 'reset', 404, 500]), [[5, 200]])
    t.same(await triesAfter(stubborn, [503, 503, 503, 503, 503, 503]), [[6, 503]])
    t.same(await triesAfter(stubborn, [401], { tamper: 'signature' }), [[1, 401]], 'a forger has one try')
    const on5xx = await idOf('#rc=2&rp=5xx')
    t.same(await triesAfter(on5xx, [404]), [[1, 404]])
    t.same(await triesAfter(on5xx, [502, 502]), [[3, 200]])
  },
)

t.test('SES’s events come in notifications of SNS, signed as version 2 asks for', async (t) => {
  const { sandbox, gateway, publicKeys, tell } = await setupReporting(t)
  const message_id = await mailBySes(sandbox)
  const genuine = (call: Heard) => {
    const { Message, MessageId, Timestamp, TopicArn, Signature } = jsonOf(call)
    const lines = { Message, MessageId, Timestamp, TopicArn, Type: 'Notification' }
    const text = Object.entries(lines).map(([name, value]) => `${name}\n${value}\n`)
    return verify('sha256', Buffer.from(text.join('')), publicKeys.sns, Buffer.from(Signature, 'base64'))
  }
  const mail = {
    messageId: message_id,
    destination: ['ada@example.com'],
    tags: { delivery_id: [DELIVERY], attempt: ['2'], tenant_id: [TENANT] },
  }
  const events: Record<string, object> = {
    sent: { eventType: 'Send' },
    delivered: { eventType: 'Delivery', delivery: { recipients: ['ada@example.com'] } },
    undelivered: { eventType: 'Bounce', bounce: { bounceType: 'Transient' } },
    bounced: {
      eventType: 'Bounce',
      bounce: { bounceType: 'Permanent', bouncedRecipients: [{ emailAddress: 'ada@example.com' }] },
    },
    complained: { eventType: 'Complaint', complaint: { complaintFeedbackType: 'abuse' } },
    opted_out: { eventType: 'Subscription', subscription: { newTopicPreferences: { unsubscribeAll: true } } },
    deferred: { eventType: 'DeliveryDelay' },
  }
  for (const [status, event] of Object.entries(events)) {
    await tell({ message_id, status })
    const call = first(gateway.heard)
    t.equal(call.url, '/v1/webhooks/ses/default')
    t.ok(genuine(call), status)
    t.match(call.headers, { 'x-amz-sns-message-type': 'Notification', 'content-type': /^text\/plain/ })
    const notification = jsonOf(call)
    t.match(notification, { Type: 'Notification', SignatureVersion: '2', TopicArn: /^arn:aws:sns:/ })
    t.match(JSON.parse(notification.Message), { ...event, mail })
    const certificate = await fetch(notification.SigningCertURL)
    t.equal(await certificate.text(), 'what stands for a certificate\n')
  }
  for (const tamper of ['signature', 'body', 'timestamp']) {
    await tell({ message_id, status: 'delivered', tamper })
    t.notOk(genuine(first(gateway.heard)), tamper)
  }
  for (const tamper of ['tenant', 'stale']) {
    await tell({ message_id, status: 'delivered', tamper })
    const call = first(gateway.heard)
    t.ok(genuine(call), tamper)
    const { Message, Timestamp } = jsonOf(call)
    t.equal(JSON.parse(Message).mail.tags.tenant_id[0], tamper === 'tenant' ? OTHER_TENANT : TENANT)
    t.equal(isFresh(Date.parse(Timestamp) / 1_000), tamper === 'tenant')
  }
})

t.test('the HTTP gateway signs time and body of its events', async (t) => {
  const { sandbox, gateway, tell } = await setupReporting(t)
  const message_id = await smsByGateway(sandbox)
  const genuine = ({ headers, body }: Heard) =>
    headers['x-signature'] ===
    `sha256=${createHmac('sha256', GATEWAY_KEY).update(`${headers['x-timestamp']}.`).update(body).digest('hex')}`
  const mark = { tenant: TENANT, message: DELIVERY, attempt: 2 }
  for (const status of [
    'sent',
    'delivered',
    'undelivered',
    'bounced',
    'complained',
    'opted_out',
    'deferred',
  ]) {
    await tell({ message_id, status, error_code: 'of its own' })
    const call = first(gateway.heard)
    t.equal(call.url, '/v1/webhooks/gateway/default')
    t.ok(genuine(call), status)
    t.ok(isFresh(call.headers['x-timestamp']))
    t.match(jsonOf(call), { events: [{ ...mark, status, error_code: 'of its own', occurred_at: /Z$/ }] })
  }
  for (const tamper of ['signature', 'body', 'timestamp']) {
    await tell({ message_id, status: 'delivered', tamper })
    t.notOk(genuine(first(gateway.heard)), tamper)
  }
  await tell({ message_id, status: 'delivered', tamper: 'tenant' })
  const ofAnother = first(gateway.heard)
  t.ok(genuine(ofAnother))
  t.match(jsonOf(ofAnother), { events: [{ tenant: OTHER_TENANT }] })
  await tell({ message_id, status: 'delivered', tamper: 'stale' })
  const stale = first(gateway.heard)
  t.ok(genuine(stale))
  t.notOk(isFresh(stale.headers['x-timestamp']))
})
