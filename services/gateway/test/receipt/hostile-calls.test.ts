// Calls that no vendor makes: none is an error of ours, none costs more than its bytes, and none counts.

import t from 'tap'
import { newTenant, openGateway, operator } from '../setup.ts'
import {
  gatewayCall,
  gatewayEvent,
  givenSent,
  keep,
  receiptHouse,
  sendgridCall,
  sendgridEvent,
  sesMessage,
  snsCall,
  statusOf,
  TOKEN,
  twilioCall,
  twilioForm,
  type VendorCall,
} from './vendor-calls.ts'

const { house, snsOrigin } = await receiptHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)
const call = ({ url, headers, payload }: VendorCall) =>
  gateway.call({ method: 'POST', url, headers, payload })

/** What JSON can say and nothing can turn into text. */
const ODD = { toString: 1, valueOf: 1 }
const LIST = [[1]]

t.test('a stranger’s message of SNS is 401, whatever stands where its type should', async (t) => {
  const headers = { 'content-type': 'text/plain' }
  for (const field of ['Type', 'SignatureVersion', 'TopicArn', 'SigningCertURL']) {
    const right = snsCall({ certificate: `${snsOrigin}/certificate.pem` })
    const payload = JSON.stringify({ ...JSON.parse(right.payload), [field]: ODD })
    t.equal((await call({ url: right.url, headers, payload })).status, 401, field)
  }
})

t.test('a signed event with an object where a text should be stops no event beside it', async (t) => {
  for (const odd of [ODD, LIST]) {
    const sent = await givenSent(gateway, tenant, 'gateway')
    const event = gatewayEvent(sent, 'delivered')
    const strange = ['id', 'tenant', 'message', 'attempt', 'status', 'occurred_at', 'error_code']
    const events = strange.map((name) => ({ ...event, status: 'sent', [name]: odd }))
    t.equal((await call(gatewayCall([...events, event]))).status, 200)
    t.equal(await statusOf(gateway, sent), 'delivered')

    const mail = await givenSent(gateway, tenant, 'sendgrid')
    const mailEvents = ['reason', 'timestamp', 'type', 'sg_message_id', 'attempt'].map((name) =>
      sendgridEvent(mail, 'processed', { [name]: odd }),
    )
    const dropped = sendgridEvent({ ...mail, attempt: 7 }, 'dropped', { reason: odd })
    const arrived = sendgridEvent(mail, 'delivered')
    t.equal((await call(sendgridCall([...mailEvents, dropped, arrived]))).status, 200)
    t.equal(await statusOf(gateway, mail), 'delivered')
  }
  const sent = await givenSent(gateway, tenant, 'ses')
  const Message = sesMessage(sent, 'Delivery', { delivery: { timestamp: ODD } })
  t.equal((await call(snsCall({ Message, certificate: `${snsOrigin}/certificate.pem` }))).status, 200)
})

t.test('a blank line among Twilio’s tokens is nothing that anybody could sign by', async (t) => {
  await keep(house, 'receipt-blank', `\n${TOKEN}\n\n`)
  const body = {
    provider: 'twilio',
    secret: 'blank',
    channel: 'sms',
    settings: { account_sid: `AC${'0'.repeat(32)}`, from: '+15005550006' },
  }
  const { body: made } = await operator(gateway, 'POST', `/v1/tenants/${tenant.id}/senders`, body)
  const sender: string = made.data.id
  const sent = await givenSent(gateway, tenant, 'twilio', sender)
  const form = twilioForm('delivered')
  t.equal((await call(twilioCall(gateway, sent, form, { sender, token: '' }))).status, 401)
  t.equal((await call(twilioCall(gateway, sent, form, { sender }))).status, 401, 'such a file is refused')
})

t.test('a form is as long as Twilio’s at most, and who has no mark of ours asks nobody', async (t) => {
  const sent = await givenSent(gateway, tenant, 'twilio')
  const right = twilioCall(gateway, sent, twilioForm('delivered'))
  const long = Array.from({ length: 100_000 }, (_, n) => n.toString(36)).join('&')
  t.equal((await call({ ...right, payload: long })).status, 413)
  const unmarked = await call({ ...right, url: right.url.replace(/&s=.*$/, '') })
  t.equal(unmarked.status, 401)
  t.equal(await statusOf(gateway, sent), 'accepted')
})

t.test('a file without a key refuses the sender that it checks, and is no error of ours', async (t) => {
  await keep(house, 'receipt-no-key', 'not a key of any kind at all')
  const body = { provider: 'sendgrid', secret: 'no-key', channel: 'email', settings: {} }
  const { body: made } = await operator(gateway, 'POST', `/v1/tenants/${tenant.id}/senders`, body)
  const sent = await givenSent(gateway, tenant, 'sendgrid', made.data.id)
  const events = [sendgridEvent(sent, 'delivered')]
  t.equal((await call(sendgridCall(events, { sender: made.data.id }))).status, 401)
})
