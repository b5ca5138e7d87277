// A notice: a tenant's own words in our frame, whatever they hold.

import t from 'tap'
import { findBuiltIn } from '../../src/built-in/catalogue.ts'
import { renderEmail } from '../../src/render-template.ts'

const LANGUAGES = ['en', 'de', 'es', 'fr', 'ja']

function notice(language: string, values: object) {
  const email = findBuiltIn('notice', language)?.parts.email
  if (!email) throw new Error('no notice')
  const mail = renderEmail(email, { tenant_name: 'Acme', title: 'T', body: 'B', ...values })
  return { ...mail, html: mail.html ?? '' }
}

t.test('it says title, text and whom it is from, in each language', async (t) => {
  const ends = new Set<string | undefined>()
  for (const language of LANGUAGES) {
    const { subject, html, text } = notice(language, { title: 'Your parcel', body: 'It came.\n\nBye' })
    t.equal(subject, 'Your parcel')
    t.match(text, /^Your parcel\n\nIt came\.\n\nBye\n\n.*Acme.*\n$/)
    t.ok(html.startsWith(`<!doctype html>\n<html lang="${language}" dir="ltr">`))
    t.match(html, 'It came.<br>\n<br>\nBye</p>')
    t.match(html, '<title>Your parcel</title>')
    ends.add(text.trimEnd().split('\n').at(-1))
  }
  t.equal(ends.size, LANGUAGES.length)
})

t.test('its text adds no tag but the breaks of its lines', async (t) => {
  const evil = '</p><script>x</script>" onload="x\n<b>'
  const { html, text } = notice('en', { title: evil, body: evil })
  const plain = notice('en', { title: 'x', body: 'x\nx' }).html
  const tags = (page: string) => page.match(/<[a-z/][^>]*>/gi)?.join('')
  t.equal(tags(html), tags(plain))
  t.match(text, evil)
})

t.test('a title or text written from right to left keeps to its place', async (t) => {
  const [title, body] = ['שלום', 'مرحبا \u202eb']
  const [, inBody = ''] = notice('en', { title, body }).html.split('<body')
  t.match(inBody, `<bdi>${title}</bdi>`)
  t.match(inBody, '<p class="plain" dir="auto"')
  t.match(inBody, '>مرحبا b</p>')
})
