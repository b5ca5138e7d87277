import t from 'tap'
import { calls, inbox, mailTo, sendMail, setupSandbox } from '../../setup-sandbox.ts'

const TEXT = { type: 'text/plain', value: 'x' }
const HTML = { type: 'text/html', value: '<p>x</p>' }
const CALENDAR = { type: 'text/calendar', value: 'x' }
const TO = [{ email: 'ada@example.com' }]
const inAnHour = Math.floor(Date.now() / 1000) + 3600

/** What changes in a mail that is otherwise right (undefined takes a field away), and the field to blame. */
const REFUSED: [title: string, change: Record<string, unknown>, field: string | null][] = [
  ['no personalizations', { personalizations: undefined }, 'personalizations'],
  ['empty personalizations', { personalizations: [] }, 'personalizations'],
  ['personalizations that are no list', { personalizations: { to: TO } }, 'personalizations'],
  ['no recipient', { personalizations: [{}] }, 'personalizations.0.to'],
  ['an empty list of recipients', { personalizations: [{ to: [] }] }, 'personalizations.0.to'],
  [
    'a recipient that is a string',
    { personalizations: [{ to: ['ada@example.com'] }] },
    'personalizations.0.to.0',
  ],
  [
    'recipients that are one string',
    { personalizations: [{ to: 'ada@example.com' }] },
    'personalizations.0.to',
  ],
  [
    'a recipient without address',
    { personalizations: [{ to: [{ name: 'A' }] }] },
    'personalizations.0.to.0.email',
  ],
  [
    'two addresses in one',
    { personalizations: [{ to: [{ email: 'a@b.com,c@d.com' }] }] },
    'personalizations.0.to.0.email',
  ],
  [
    'a line break in an address',
    { personalizations: [{ to: [{ email: 'a@b.com\r\nBcc: c@d.com' }] }] },
    'personalizations.0.to.0.email',
  ],
  [
    'an address twice',
    { personalizations: [{ to: TO, bcc: [{ email: 'ADA@example.com' }] }] },
    'personalizations.0',
  ],
  ['a misspelt recipient field', { personalizations: [{ to: TO, cC: [] }] }, 'personalizations.0.cC'],
  ['no sender', { from: undefined }, 'from'],
  ['a sender that is a string', { from: 'sign-in@example.com' }, 'from'],
  ['a sender without address', { from: { name: 'Example' } }, 'from.email'],
  ['no subject anywhere', { subject: undefined }, 'subject'],
  ['an empty subject', { subject: '' }, 'subject'],
  ['no content', { content: undefined }, 'content'],
  ['empty content', { content: [] }, 'content'],
  ['HTML before text', { content: [HTML, TEXT] }, 'content.1.type'],
  ['text after another type', { content: [CALENDAR, TEXT] }, 'content.1.type'],
  ['text twice', { content: [TEXT, TEXT] }, 'content.1.type'],
  ['content without value', { content: [{ type: 'text/plain' }] }, 'content.0.value'],
  ['an empty value', { content: [{ type: 'text/plain', value: '' }] }, 'content.0.value'],
  [
    'a content type with parameters',
    { content: [{ type: 'text/plain; charset=x', value: 'x' }] },
    'content.0.type',
  ],
  ['a custom argument that is a number', { custom_args: { attempt: 1 } }, 'custom_args.attempt'],
  ['custom arguments that are a string', { custom_args: '{}' }, 'custom_args'],
  [
    'an inner custom argument that is an object',
    { personalizations: [{ to: TO, custom_args: { a: {} } }] },
    'personalizations.0.custom_args.a',
  ],
  ['too many custom arguments', { custom_args: { a: 'x'.repeat(10_000) } }, 'custom_args'],
  [
    'a misspelt tracking setting',
    { tracking_settings: { clickTracking: { enable: false } } },
    'tracking_settings.clickTracking',
  ],
  [
    'tracking that is no switch',
    { tracking_settings: { click_tracking: { enable: 'no' } } },
    'tracking_settings.click_tracking.enable',
  ],
  ['an unknown parameter', { priority: 'high' }, 'priority'],
  ['a reserved header', { headers: { 'Reply-To': 'x@example.com' } }, 'headers.Reply-To'],
  ['a header that is a number', { headers: { 'X-Number': 1 } }, 'headers.X-Number'],
  ['both forms of reply-to', { reply_to: TO[0], reply_to_list: TO }, 'reply_to_list'],
  ['a time as text', { send_at: '2026-11-20T12:00:00Z' }, 'send_at'],
  ['a time too far ahead', { send_at: inAnHour + 73 * 3600 }, 'send_at'],
  ['eleven categories', { categories: [...'abcdefghijk'] }, 'categories'],
  ['an attachment without name', { attachments: [{ content: 'eA==' }] }, 'attachments.0.filename'],
  [
    'two bypasses',
    { mail_settings: { bypass_list_management: { enable: true }, bypass_spam_management: { enable: true } } },
    'mail_settings.bypass_spam_management',
  ],
]

const ACCEPTED: [title: string, change: Record<string, unknown>][] = [
  ['text alone', { content: [TEXT] }],
  ['HTML alone', { content: [HTML] }],
  ['text, HTML and another', { content: [TEXT, HTML, CALENDAR] }],
  [
    'a template instead of content and subject',
    { content: undefined, subject: undefined, template_id: 'd-1' },
  ],
  [
    'a subject in every personalization',
    { subject: undefined, personalizations: [{ to: TO, subject: 'x' }] },
  ],
  ['custom arguments of the mail', { custom_args: { delivery_id: 'd', attempt: '1' } }],
  ['tracking switched off', { tracking_settings: { click_tracking: { enable: false, enable_text: false } } }],
  ['headers of one\u2019s own', { headers: { 'X-Own': '1' } }],
  ['categories and a reply address', { categories: ['sign-in'], reply_to: TO[0] }],
  ['a time within the limit', { send_at: inAnHour }],
]

t.test('a mail that SendGrid would refuse is refused, and the field to blame is named', async (t) => {
  const sandbox = await setupSandbox(t)
  for (const [title, change, field] of REFUSED) {
    const response = await sendMail(sandbox, mailTo('ada@example.com', change))
    const { errors } = (await response.json()) as { errors: { field: string | null }[] }
    t.equal(response.status, 400, title)
    t.same(
      errors.map((error) => error.field),
      [field],
      title,
    )
  }
  for (const body of ['[]', '"mail"', 'null', '7']) {
    t.equal((await sendMail(sandbox, null, { body })).status, 400, body)
  }
  t.same(await inbox(sandbox), [])
  t.notOk((await calls(sandbox)).some(({ accepted }) => accepted))
})

t.test('a mail that SendGrid would take is taken', async (t) => {
  const sandbox = await setupSandbox(t)
  for (const [title, change] of ACCEPTED) {
    const response = await sendMail(sandbox, mailTo('ada@example.com', change))
    t.equal(response.status, 202, `${title} ${await response.text()}`)
  }
})

t.test('a thousand recipients may come, one more may not', async (t) => {
  const sandbox = await setupSandbox(t)
  const people = (count: number, first = 0) =>
    Array.from({ length: count }, (_, place) => ({ email: `p${first + place}@example.com` }))
  const two = (second: number) => ({ personalizations: [{ to: people(500) }, { to: people(second, 500) }] })
  t.equal((await sendMail(sandbox, mailTo('x@example.com', two(500)))).status, 202)
  t.equal((await sendMail(sandbox, mailTo('x@example.com', two(501)))).status, 400)
})
