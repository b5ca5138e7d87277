import fc from 'fast-check'
import t from 'tap'
import { displayName } from '../../src/template/display-name.ts'
import { render, TemplateError } from '../../src/template/render.ts'

const link = 'https://id.example.org/l#AQE_-9'
const mail = (name: string, minutes = 10) =>
  render('magic_link', null, { tenant_name: displayName(name), link, minutes })

/** The markup without its texts: every tag as it stands, values of attributes included. */
const tags = (html: string) =>
  html
    .replaceAll(/<style>[\s\S]*?<\/style>/g, '<style>')
    .match(/<[^>]*>/g)
    ?.join('')

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        '<script>',
        '</title>',
        '"',
        "'",
        '>',
        '<',
        '&',
        '-->',
        '{{ link }}',
        '{% include "x" %}',
        '\r\nBcc: a@b.c',
        '\n',
        '\0',
        '\u2028',
        '\u202e',
        '\u200b',
        '&lt;',
        'javascript:',
        '\ud800',
        'x',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
)

t.test('no tenant name, however hostile, adds or changes a tag of the mail', async (t) => {
  const plain = tags(mail('x').html)
  fc.assert(
    fc.property(hostile, (name) => tags(mail(name).html) === plain),
    { numRuns: 500 },
  )
  t.match(plain, '<a href=')
})

t.test('no tenant name, however hostile, breaks the subject or the text into another line', async (t) => {
  const lines = mail('x').text.split('\n').length
  fc.assert(
    fc.property(hostile, (name) => {
      const { subject, text } = mail(name)
      return !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(subject) && text.split(/\r\n|[\n\r\u2028\u2029]/u).length === lines
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('a subject stays one line even when the template’s value was not cleaned', async (t) => {
  const { subject } = render('magic_link', null, { tenant_name: 'A\r\nBcc: x@y.z\u2028B', link, minutes: 1 })
  t.equal(subject, 'Sign in to A Bcc: x@y.z B')
})

t.test('a name is shown as it is: nothing of it is a template, and text is not escaped', async (t) => {
  const { subject, text, html } = mail('Tom & {{ link }} <b>')
  t.equal(subject, 'Sign in to Tom & {{ link }} <b>')
  t.match(text, 'Sign in to Tom & {{ link }} <b>\n')
  t.match(html, 'Tom &amp; {{ link }} &lt;b&gt;')
})

t.test('names lose what cannot be seen or turns the writing, and keep what languages need', async (t) => {
  t.equal(displayName('  A\u202eB\u0007\u200bC\u00a0\u2028D '), 'A B C D')
  t.equal(displayName('می\u200cخواهم'), 'می\u200cخواهم')
  t.equal(displayName('👩\u200d🔬 Lab'), '👩\u200d🔬 Lab')
  t.equal(displayName('\u200d\u200b \u2060'), '')
  t.equal([...displayName('é'.repeat(300))].length, 100)
})

t.test(
  'the mail says how long the link works, that it works once and that it is nobody else’s',
  async (t) => {
    const { text, html } = mail('Acme', 10)
    for (const part of [text, html]) {
      t.match(part, /once/)
      t.match(part, /10 minutes/)
      t.match(part, /Do not forward this message/)
      t.ok(part.includes(link))
    }
    t.match(mail('Acme', 1).text, /1 minute after it was sent/)
  },
)

t.test('the mail holds no image, no script, no form and nothing remote but the link', async (t) => {
  const { html } = mail('Acme')
  t.notMatch(html, /<(img|script|form|iframe|link|object|video|svg)\b/i)
  t.notMatch(html, /url\(|@import|src=/i)
  const addresses = [...html.matchAll(/(?:href|action|background)="([^"]*)"/g)].map(([, address]) => address)
  t.same([...new Set(addresses)], [link])
})

t.test('the mail can be read by ear, in the dark and without styles', async (t) => {
  const { html } = mail('Acme')
  t.match(html, /<html lang="en">/)
  t.match(html, /<title>Sign in to Acme<\/title>/)
  t.match(html, /<meta name="color-scheme" content="light dark">/)
  t.match(html, /prefers-color-scheme: dark/)
  const tables = html.match(/<table/g)?.length
  t.equal(html.match(/<table role="presentation"/g)?.length, tables)
})

t.test(
  'a language that is not there falls back to English; a template that is not there fails',
  async (t) => {
    const values = { tenant_name: 'Acme', link, minutes: 5 }
    for (const locale of ['de-AT', 'EN-gb', '__proto__', 'constructor', '']) {
      t.equal(render('magic_link', locale, values).subject, 'Sign in to Acme', locale)
    }
    for (const name of ['nothing', '__proto__', '../../etc/passwd']) {
      t.throws(() => render(name, null, values), new TemplateError('template_missing'), name)
    }
  },
)

t.test('a value that is missing fails, and the error quotes nothing', async (t) => {
  const error = t.throws(() =>
    render('magic_link', null, { tenant_name: 'canary-name', minutes: 5 }),
  ) as Error
  t.match(error, { name: 'TemplateError', code: 'template_failed' })
  t.notMatch(`${error.stack} ${JSON.stringify(error)}`, /canary-name/)
  t.equal(error.cause, undefined)
})
