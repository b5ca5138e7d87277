import t from 'tap'
import { calls, inbox, setupSandbox } from '../../setup-sandbox.ts'
import { SERVICE, sendSms, smsTo } from './twilio-calls.ts'

const TO = '+447700900001'
const sid = (prefix: string) => `${prefix}${'0c'.repeat(16)}`

/** What changes in a message that is otherwise right (undefined takes a field away), and Twilio's code. */
const REFUSED: [title: string, change: Record<string, string | undefined>, code: number, status?: number][] =
  [
    ['no recipient', { To: undefined }, 21604],
    ['an empty recipient', { To: '' }, 21604],
    ['a recipient that is not E.164', { To: '07700 900001' }, 21211],
    ['two recipients', { To: `${TO},+447700900002` }, 21211],
    ['a name as recipient', { To: 'Ada' }, 21211],
    ['no sender', { From: undefined }, 21603],
    ['a sender that is none', { From: 'a name too long to be one' }, 21212],
    ['no content', { Body: undefined }, 21602],
    ['an empty content', { Body: '' }, 21602],
    ['a text of 1,601 characters', { Body: 'x'.repeat(1_601) }, 21617],
    ['a service that is none', { From: undefined, MessagingServiceSid: 'MG1' }, 20001],
    ['a validity of nothing', { ValidityPeriod: '0' }, 20001],
    ['a validity beyond ten hours', { ValidityPeriod: '36001' }, 20001],
    ['a validity with a fraction', { ValidityPeriod: '299.5' }, 20001],
    ['a negative validity', { ValidityPeriod: '-1' }, 20001],
    ['a risk check that is no switch', { RiskCheck: 'true' }, 20001],
    ['a switch that is none', { SmartEncoded: 'yes' }, 20001],
    ['an attempt that is no number', { Attempt: 'first' }, 20001],
    ['a callback that is no address', { StatusCallback: 'not an address' }, 20001],
    ['an unknown parameter', { Priority: 'high' }, 20001],
    ['a parameter in another spelling', { validityPeriod: '300' }, 20001],
    ['an idempotency key, which Twilio does not know', { IdempotencyKey: 'x' }, 20001],
    ['a time without a schedule', { SendAt: '2026-11-21T12:00:00Z' }, 35114],
    ['a schedule without a service', { SendAt: '2026-11-21T12:00:00Z', ScheduleType: 'fixed' }, 35114],
    ['shortened links without a service', { ShortenUrls: 'true' }, 21624],
    ['variables without a template', { ContentVariables: '{}' }, 21656],
    ['the number that is never valid', { To: '+15005550001' }, 21211],
    ['the number that cannot be routed', { To: '+15005550002' }, 21612],
    ['the number in a region that is not enabled', { To: '+15005550003' }, 21408],
    ['the number that has opted out', { To: '+15005550004' }, 21610],
    ['the number that is no mobile', { To: '+15005550009' }, 21614],
    ['the sender that is never valid', { From: '+15005550001' }, 21212],
    ['the sender of somebody else', { From: '+15005550007' }, 21606],
    ['the sender whose queue is full', { From: '+15005550008' }, 21611, 429],
  ]

const ACCEPTED: [title: string, change: Record<string, string | undefined>][] = [
  ['a service instead of a number', { From: undefined, MessagingServiceSid: SERVICE }],
  ['a service and a number', { MessagingServiceSid: SERVICE }],
  ['a name as sender', { From: 'Acme' }],
  ['a short code as sender', { From: '12345' }],
  ['a text of 1,600 characters', { Body: 'é'.repeat(1_600) }],
  ['the shortest validity', { ValidityPeriod: '1' }],
  ['the longest validity', { ValidityPeriod: '36000' }],
  ['a checked risk', { RiskCheck: 'enable' }],
  ['an attempt', { Attempt: '2' }],
  ['a callback', { StatusCallback: 'https://id.example.org/v1/webhooks/twilio/a#rc=5' }],
  ['a picture instead of a text', { Body: undefined, MediaUrl: 'https://id.example.org/a.png' }],
  ['a template instead of a text', { Body: undefined, ContentSid: sid('HX'), ContentVariables: '{}' }],
  ['a schedule', { MessagingServiceSid: SERVICE, ScheduleType: 'fixed', SendAt: '2026-11-21T12:00:00Z' }],
]

t.test('a message that Twilio would refuse is refused, with Twilio\u2019s code', async (t) => {
  const sandbox = await setupSandbox(t)
  for (const [title, change, code, status = 400] of REFUSED) {
    const response = await sendSms(sandbox, smsTo(TO, change))
    t.equal(response.status, status, title)
    const body = (await response.json()) as Record<string, unknown>
    t.same(
      { ...body, message: typeof body.message },
      { code, message: 'string', more_info: `https://www.twilio.com/docs/errors/${code}`, status },
      title,
    )
  }
  const twice = `${new URLSearchParams(smsTo(TO))}&To=%2B447700900002`
  t.match(await (await sendSms(sandbox, twice)).json(), { code: 20001 }, 'a parameter that comes twice')
  t.same(await inbox(sandbox), [])
  t.notOk((await calls(sandbox)).some(({ accepted }) => accepted))
})

t.test('a message that Twilio would take is taken', async (t) => {
  const sandbox = await setupSandbox(t)
  for (const [title, change] of ACCEPTED) {
    const response = await sendSms(sandbox, smsTo(TO, change))
    t.equal(response.status, 201, `${title} ${await response.text()}`)
  }
})
