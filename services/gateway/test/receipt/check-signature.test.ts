// Signatures, held against vectors that the vendors publish.

import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import {
  checkGateway,
  checkSendgrid,
  checkTwilio,
  readSendgridKey,
} from '../../src/receipt/check-signature.ts'

// Of @sendgrid/eventwebhook's own test.
const KEY =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=='
const SIGNATURE =
  'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM='
const TIMESTAMP = '1600112502'
const EVENTS = [
  {
    email: 'hello@world.com',
    event: 'dropped',
    reason: 'Bounced Address',
    sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA',
    sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0',
    'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>',
    timestamp: 1_600_112_492,
  },
]
const BODY = Buffer.from(`${JSON.stringify(EVENTS)}\r\n`)
const at = (seconds: number) => new Date(seconds * 1_000)
const signed = { signature: SIGNATURE, timestamp: TIMESTAMP }

t.test('SendGrid’s own example is signed, within five minutes of its time', async (t) => {
  const key = readSendgridKey(KEY)
  for (const off of [-300, 0, 300])
    t.equal(checkSendgrid(key, BODY, signed, at(1_600_112_502 + off)), 'signed')
  for (const off of [-301, 301]) t.equal(checkSendgrid(key, BODY, signed, at(1_600_112_502 + off)), 'stale')
})

t.test('no bit of SendGrid’s signature, body or time can be changed', async (t) => {
  const key = readSendgridKey(KEY)
  const now = at(1_600_112_502)
  const raw = Buffer.from(SIGNATURE, 'base64')
  let refused = 0
  for (let bit = 0; bit < raw.length * 8; bit += 1) {
    const broken = Buffer.from(raw)
    broken.writeUInt8(broken.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    const verdict = checkSendgrid(key, BODY, { ...signed, signature: broken.toString('base64') }, now)
    if (verdict === 'forged') refused += 1
  }
  t.equal(refused, raw.length * 8)
  for (const body of [BODY.subarray(0, -2), Buffer.concat([BODY, Buffer.from(' ')]), Buffer.alloc(0)])
    t.equal(checkSendgrid(key, body, signed, now), 'forged')
  for (const timestamp of ['1600112503', ' 1600112502', '1600112502.0', '', undefined])
    t.equal(checkSendgrid(key, BODY, { ...signed, timestamp }, now), 'forged')
})

t.test('a key of SendGrid’s is a P-256 key, in base64 or PEM', async (t) => {
  const pem = readSendgridKey(KEY).export({ type: 'spki', format: 'pem' }).toString()
  t.ok(readSendgridKey(pem).equals(readSendgridKey(KEY)))
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey
  for (const text of ['', 'x', rsa.export({ type: 'spki', format: 'der' }).toString('base64')])
    t.throws(() => readSendgridKey(text))
})

t.test('Twilio’s own example is signed, by either token and with the port or without', async (t) => {
  // https://www.twilio.com/docs/usage/webhooks/webhooks-security
  const url = 'https://example.com/myapp.php?foo=1&bar=2'
  const fields = {
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675310',
    Digits: '1234',
    From: '+14158675310',
  }
  const form = new URLSearchParams({ ...fields, To: '+18005551212' })
  const signature = 'L/OH5YylLD5NRKLltdqwSvS0BnU='
  for (const tokens of [['12345'], ['12345', 'next'], ['next', '12345']])
    t.equal(checkTwilio(tokens, url, form, signature), 'signed')
  t.equal(checkTwilio([], url, form, signature), 'forged')
  t.equal(checkTwilio(['12345'], url, form, undefined), 'forged')
  t.equal(
    checkTwilio(['12345'], url, new URLSearchParams(`${form}&To=x`), signature),
    'forged',
    'a field twice',
  )
  // The same over the URL with `:443`, by openssl.
  t.equal(checkTwilio(['12345'], url, form, 'nbjTKFXyL7SOTAXZi6MWqyIuq40='), 'signed')
})

t.test('an HTTP gateway’s signature is over its time and its body', async (t) => {
  // HMAC-SHA-256("key", "1763640000.{}"), by openssl.
  const signature = 'sha256=36d146b845e2c2391f670a5404871892441254fd48aa7c733923541161551506'
  const now = at(1_763_640_000)
  const check = (body: string, timestamp: string) =>
    checkGateway('key', Buffer.from(body), { signature, timestamp }, now)
  t.equal(check('{}', '1763640000'), 'signed')
  t.equal(check('{ }', '1763640000'), 'forged')
  t.equal(check('{}', '1763640001'), 'forged')
})
