// What each vendor's events come to, from the signed call to the delivery, the attempt and the suppression list.

import t from 'tap'
import { newTenant, openGateway } from '../setup.ts'
import {
  gatewayCall,
  gatewayEvent,
  givenSent,
  NEXT_TOKEN,
  receiptHouse,
  type Sent,
  sendgridCall,
  sendgridEvent,
  sesMessage,
  snsCall,
  TOPIC,
  twilioCall,
  twilioForm,
  type VendorCall,
} from './vendor-calls.ts'

const { house, snsOrigin, asked } = await receiptHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)
const certificate = `${snsOrigin}/certificate.pem`
const call = ({ url, headers, payload }: VendorCall) =>
  gateway.call({ method: 'POST', url, headers, payload })

const ses = (sent: Sent, eventType: string, more?: object) =>
  snsCall({ Message: sesMessage(sent, eventType, more), certificate })
const sendgrid = (sent: Sent, event: string, more?: object) =>
  sendgridCall([sendgridEvent(sent, event, more)])
const twilio = (sent: Sent, status: string, ErrorCode?: string) =>
  twilioCall(gateway, sent, twilioForm(status, ErrorCode === undefined ? {} : { ErrorCode }))
const own = (sent: Sent, status: string, more?: object) => gatewayCall([gatewayEvent(sent, status, more)])

/** Vendor, call, then: the delivery's status, the attempt's code, why the recipient is suppressed. */
const CASES: readonly [string, (sent: Sent) => VendorCall, string, string | null, string | null][] = [
  ['sendgrid', (s) => sendgrid(s, 'processed'), 'accepted', null, null],
  ['sendgrid', (s) => sendgrid(s, 'deferred'), 'accepted', null, null],
  ['sendgrid', (s) => sendgrid(s, 'open'), 'accepted', null, null],
  ['sendgrid', (s) => sendgrid(s, 'bounce', { type: 'bounce' }), 'failed', 'hard_bounce', 'hard_bounce'],
  ['sendgrid', (s) => sendgrid(s, 'bounce', { type: 'blocked' }), 'pending', 'blocked', null],
  [
    'sendgrid',
    (s) => sendgrid(s, 'dropped', { reason: 'Bounced Address' }),
    'failed',
    'hard_bounce',
    'hard_bounce',
  ],
  [
    'sendgrid',
    (s) => sendgrid(s, 'dropped', { reason: 'Unsubscribed Address' }),
    'failed',
    'recipient_opted_out',
    'opt_out',
  ],
  ['sendgrid', (s) => sendgrid(s, 'dropped', { reason: 'Spam Content' }), 'pending', 'dropped', null],
  ['sendgrid', (s) => sendgrid(s, 'spamreport'), 'delivered', null, 'complaint'],
  ['twilio', (s) => twilio(s, 'queued'), 'accepted', null, null],
  ['twilio', (s) => twilio(s, 'sent'), 'accepted', null, null],
  ['twilio', (s) => twilio(s, 'undelivered', '30003'), 'pending', 'recipient_unreachable', null],
  ['twilio', (s) => twilio(s, 'undelivered', '30005'), 'failed', 'recipient_unknown', null],
  ['twilio', (s) => twilio(s, 'undelivered', '30450'), 'failed', 'pumping_blocked', null],
  ['twilio', (s) => twilio(s, 'failed', '21610'), 'failed', 'recipient_opted_out', 'opt_out'],
  ['twilio', (s) => twilio(s, 'failed', 'constructor'), 'failed', 'undelivered', null],
  ['ses', (s) => ses(s, 'Send', { send: {} }), 'accepted', null, null],
  [
    'ses',
    (s) => ses(s, 'Bounce', { bounce: { bounceType: 'Permanent' } }),
    'failed',
    'hard_bounce',
    'hard_bounce',
  ],
  ['ses', (s) => ses(s, 'Bounce', { bounce: { bounceType: 'Transient' } }), 'pending', 'soft_bounce', null],
  ['ses', (s) => ses(s, 'Complaint', { complaint: {} }), 'delivered', null, 'complaint'],
  ['ses', (s) => ses(s, 'Reject', { reject: {} }), 'failed', 'content_refused', null],
  ['gateway', (s) => own(s, 'sent'), 'accepted', null, null],
  ['gateway', (s) => own(s, 'undelivered', { error_code: 'handset_off' }), 'pending', 'handset_off', null],
  [
    'gateway',
    (s) => own(s, 'undelivered', { error_code: 'To: ada@example.com' }),
    'pending',
    'undelivered',
    null,
  ],
  ['gateway', (s) => own(s, 'bounced'), 'failed', 'hard_bounce', 'hard_bounce'],
]

t.test(
  'each event moves its delivery, names its code and feeds the suppression list as the table says',
  async (t) => {
    for (const [provider, make, status, code, suppressed] of CASES) {
      const sent = await givenSent(gateway, tenant, provider)
      const made = make(sent)
      t.equal((await call(made)).status, 200)
      // The relay may have handed on already what is pending.
      const { rows } = await house.admin.query(
        `SELECT CASE d.status WHEN 'queued' THEN 'pending' ELSE d.status END AS status, a.error_code, (SELECT s.reason FROM suppressions s WHERE s.recipient_digest = d.recipient_digest)
         FROM deliveries d JOIN attempts a ON a.delivery_id = d.id WHERE d.id = $1`,
        [sent.deliveryId],
      )
      t.same(
        rows,
        [{ status, error_code: code, reason: suppressed }],
        `${provider} ${made.payload.slice(0, 300)}`,
      )
    }
  },
)

t.test('Twilio may sign with either token while one is rotated', async (t) => {
  const first = await givenSent(gateway, tenant, 'twilio')
  t.equal(
    (await call(twilioCall(gateway, first, twilioForm('delivered'), { token: NEXT_TOKEN }))).status,
    200,
  )
})

t.test('SNS signs in both its versions; its certificate is asked for once', async (t) => {
  for (const version of ['1', '2'] as const) {
    const sent = await givenSent(gateway, tenant, 'ses')
    const made = snsCall({ Message: sesMessage(sent, 'Delivery', { delivery: {} }), certificate, version })
    t.equal((await call(made)).status, 200, version)
  }
  t.equal(asked.filter((url) => url === '/certificate.pem').length, 1)
})

t.test('a subscription is confirmed for our topics alone, and at Amazon’s place alone', async (t) => {
  const subscription = (SubscribeURL: string, more = {}) =>
    snsCall({
      Type: 'SubscriptionConfirmation',
      Token: 'a-token',
      Message: 'You have chosen to subscribe',
      SubscribeURL,
      certificate,
      ...more,
    })
  const at = (origin: string, topic = TOPIC) =>
    `${origin}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=a-token`
  t.equal((await call(subscription(at(snsOrigin)))).status, 200)
  t.same(asked.filter((url) => url.includes('ConfirmSubscription')).length, 1)
  for (const url of [
    at('https://evil.example'),
    at('http://169.254.169.254'),
    at(snsOrigin, `${TOPIC}-evil`),
    'x',
  ])
    t.equal((await call(subscription(url))).status, 401, url)
  t.equal((await call(subscription(at(snsOrigin), { TopicArn: `${TOPIC}-evil` }))).status, 401)
  t.same(asked.filter((url) => url.includes('ConfirmSubscription')).length, 1, 'nobody else was asked')
})

t.test('a full batch of SendGrid’s is applied at once; a larger body is refused', async (t) => {
  const sent = await Promise.all(Array.from({ length: 20 }, () => givenSent(gateway, tenant, 'sendgrid')))
  const events = Array.from({ length: 2_000 }, (_, n) =>
    sendgridEvent(sent[n % 20] as Sent, n % 3 === 0 ? 'delivered' : 'processed', {
      response: 'x'.repeat(150),
    }),
  )
  const batch = sendgridCall(events)
  t.ok(batch.payload.length > 700_000)
  t.equal((await call(batch)).status, 200)
  const ids = sent.map(({ deliveryId }) => deliveryId)
  const { rows } = await house.admin.query('SELECT DISTINCT status FROM deliveries WHERE id = ANY ($1)', [
    ids,
  ])
  t.same(rows, [{ status: 'delivered' }])
  const applied = await house.admin.query(
    'SELECT count(*)::int AS n FROM webhook_receipts WHERE delivery_id = ANY ($1)',
    [ids],
  )
  t.equal(applied.rows[0].n, 40, 'each event of a delivery once')
  const large = sendgridCall([...events, ...events])
  t.equal((await call(large)).status, 413)
})

t.test('signed nonsense is taken and counted, and nobody is told to repeat it', async (t) => {
  for (const events of [
    [],
    [null],
    [1],
    [{ event: 'delivered' }],
    [{ event: 'delivered', tenant_id: {}, attempt: [] }],
  ])
    t.equal((await call(sendgridCall(events as object[]))).status, 200)
  t.equal((await call(gatewayCall([{ id: '\ud800', status: 'delivered' }]))).status, 200)
  const { body } = await gateway.call({ method: 'GET', url: '/metrics' })
  t.match(body, /postern_receipts_total\{[^}]*outcome="unplaced"[^}]*\} [1-9]/)
})

t.test('neither the recipient nor the body is anywhere in the log or the trail', async (t) => {
  const sent = await givenSent(gateway, tenant, 'sendgrid')
  const made = sendgrid(sent, 'bounce', { reason: '550 canary-reason for canary-recipient@example.com' })
  await call(made)
  await call({ ...made, payload: made.payload.replace('canary', 'Canary') })
  await call(twilio(await givenSent(gateway, tenant, 'twilio'), 'delivered'))
  const { rows } = await house.admin.query(
    'SELECT o::text AS row FROM outbox o UNION ALL SELECT w::text FROM webhook_receipts w',
  )
  const kept = [gateway.logs.text(), ...rows.map(({ row }) => row)].join('\n')
  for (const canary of ['canary', 'Canary', '491701112223', 'canary-reason'])
    t.notOk(kept.includes(canary), canary)
})

t.test('a database that is away is 503, so that the vendor tries again', async (t) => {
  const sent = await givenSent(gateway, tenant, 'gateway')
  const other = await openGateway(t, house)
  await other.context.database.pool.end()
  const made = own(sent, 'delivered')
  const { status, headers } = await other.call({ method: 'POST', ...made })
  t.same([status, headers['retry-after']], [503, '1'])
  t.equal((await call(made)).status, 200, 'tried again')
})
