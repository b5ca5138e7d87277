import fc from 'fast-check'
import t from 'tap'
import { findBuiltIn } from '../../src/built-in/catalogue.ts'
import { displayName } from '../../src/display-name.ts'
import { renderEmail } from '../../src/render-template.ts'
import type { Variables } from '../../src/template-parts.ts'

const LANGUAGES = ['en', 'de', 'es', 'fr', 'ja']
const TEMPLATES = ['magic_link', 'otp']
const link = 'https://id.example.org/l#AQE_-9'
const code = '031416'

function renderMail(name: string, language: string | null, values: Variables) {
  const email = findBuiltIn(name, language)?.parts.email
  if (!email) throw new Error(`no mail ${name}`)
  const mail = renderEmail(email, values)
  return { ...mail, html: mail.html ?? '' }
}

const mailIn = (template: string, language: string | null, name: string, minutes = 10) =>
  renderMail(template, language, { tenant_name: displayName(name), link, code, minutes })
const english = (name: string, minutes = 10) => mailIn('magic_link', null, name, minutes)

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
        '</bdi>',
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
const kinds = fc.tuple(fc.constantFrom(...TEMPLATES), fc.constantFrom(...LANGUAGES))

for (const template of TEMPLATES) {
  for (const language of LANGUAGES) {
    t.test(`${template} in ${language} says who, what, how long and what not to do`, async (t) => {
      const { subject, html, text } = mailIn(template, language, 'Acme', 7)
      t.match(subject, /Acme/)
      t.notMatch(subject, code)
      t.ok(html.startsWith(`<!doctype html>\n<html lang="${language}" dir="ltr">`), html.slice(0, 60))
      t.match(html, `<title>${subject}</title>`)
      for (const part of [text, html]) {
        t.match(part, /\b7\b/, 'the minutes')
        t.ok(part.includes(template === 'otp' ? code : link))
      }
      t.notMatch(`${subject}${html}${text}`, /\{\{|\{%|undefined/)
      t.equal(text.trimEnd().split('\n\n').length, template === 'otp' ? 5 : 6, 'paragraphs of the text')
    })
  }
}

t.test('the words differ from language to language', async (t) => {
  for (const template of TEMPLATES) {
    const texts = LANGUAGES.map((language) => mailIn(template, language, 'Acme').text)
    t.equal(new Set(texts).size, LANGUAGES.length)
  }
})

t.test('one minute is one minute', async (t) => {
  const said = (language: string) => mailIn('otp', language, 'Acme', 1).text
  t.match(said('en'), '1 minute after')
  t.match(said('de'), '1 Minute nach')
  t.match(said('es'), '1 minuto después')
  t.match(said('fr'), '1 minute après')
  t.match(said('ja'), '1 分間')
})

t.test('the code stands alone, as it is typed, in the text and in the page', async (t) => {
  const { html, text } = mailIn('otp', 'de', 'Acme')
  t.ok(text.split('\n').includes(code))
  t.match(html, new RegExp(`<p class="code" dir="ltr"[^>]*>${code}</p>`))
})

t.test('no tenant name, however hostile, adds or changes a tag of a mail', async (t) => {
  fc.assert(
    fc.property(hostile, kinds, (name, [template, language]) => {
      return tags(mailIn(template, language, name).html) === tags(mailIn(template, language, 'x').html)
    }),
    { numRuns: 500 },
  )
  t.match(tags(english('x').html), '<a href=')
})

t.test('no tenant name, however hostile, breaks a subject or a text into another line', async (t) => {
  const count = (text: string) => text.split(/\r\n|[\n\r\u2028\u2029]/u).length
  fc.assert(
    fc.property(hostile, kinds, (name, [template, language]) => {
      const { subject, text } = mailIn(template, language, name)
      return (
        !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(subject) && count(text) === count(mailIn(template, language, 'x').text)
      )
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('a name written from right to left is kept to its place', async (t) => {
  const name = 'شركة أكمي'
  for (const template of TEMPLATES) {
    const { html } = mailIn(template, 'en', name)
    const [, inBody = ''] = html.split('<body')
    t.equal(inBody.split(name).length, inBody.split(`<bdi>${name}</bdi>`).length)
    t.match(inBody, `<bdi>${name}</bdi>`)
  }
})

t.test('a subject stays one line even when the template’s value was not cleaned', async (t) => {
  const values = { tenant_name: 'A\r\nBcc: x@y.z\u2028B', link, minutes: 1 }
  t.equal(renderMail('magic_link', null, values).subject, 'Sign in to A Bcc: x@y.z B')
})

t.test('a name is shown as it is: nothing of it is a template, and text is not escaped', async (t) => {
  const { subject, text, html } = english('Tom & {{ link }} <b>')
  t.equal(subject, 'Sign in to Tom & {{ link }} <b>')
  t.match(text, 'Sign in to Tom & {{ link }} <b>\n')
  t.match(html, 'Tom &amp; {{ link }} &lt;b&gt;')
})

t.test('a mail holds no image, no script, no form and nothing remote but its link', async (t) => {
  for (const template of TEMPLATES) {
    for (const language of LANGUAGES) {
      const { html } = mailIn(template, language, 'Acme')
      t.notMatch(html, /<(img|script|form|iframe|link|object|video|svg)\b/i)
      t.notMatch(html, /url\(|@import|src=/i)
      const addresses = [...html.matchAll(/(?:href|action|background)="([^"]*)"/g)].map(([, to]) => to)
      t.same([...new Set(addresses)], template === 'otp' ? [] : [link])
    }
  }
})

t.test('a mail can be read by ear, in the dark and without styles', async (t) => {
  for (const template of TEMPLATES) {
    const { html } = mailIn(template, 'en', 'Acme')
    t.match(html, /<meta name="color-scheme" content="light dark">/)
    t.match(html, /prefers-color-scheme: dark/)
    t.equal(html.match(/<table role="presentation"/g)?.length, html.match(/<table/g)?.length)
  }
})

t.test('a regional language falls back to its own, one that is not there to English', async (t) => {
  t.equal(mailIn('magic_link', 'de-AT', 'Acme').subject, 'Anmelden bei Acme')
  for (const locale of ['pt-BR', 'EN-gb', '__proto__', 'constructor', '', null]) {
    t.equal(mailIn('magic_link', locale, 'Acme').subject, 'Sign in to Acme', `${locale}`)
  }
})

t.test('a template that is not there is not found', async (t) => {
  for (const name of ['nothing', '__proto__', 'constructor', '../../etc/passwd']) {
    t.equal(findBuiltIn(name, null), undefined, name)
  }
})

t.test(
  'what no language is named for is written in the one to fall back to, and then in English',
  async (t) => {
    t.equal(findBuiltIn('otp', 'nl', 'de-CH')?.language, 'de')
    t.equal(findBuiltIn('otp', 'fr', 'de-CH')?.language, 'fr')
    t.equal(findBuiltIn('otp', 'nl', 'sv')?.language, 'en')
  },
)

t.test('a value that is missing fails, and the error quotes nothing', async (t) => {
  const error = t.throws(() =>
    renderMail('magic_link', null, { tenant_name: 'canary-name', minutes: 5 }),
  ) as Error
  t.match(error, { name: 'TemplateError', code: 'variable_missing', variable: 'link' })
  t.notMatch(`${error.stack} ${JSON.stringify(error)}`, /canary-name/)
  t.equal(error.cause, undefined)
})
