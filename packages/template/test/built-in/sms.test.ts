import fc from 'fast-check'
import t from 'tap'
import { findBuiltIn } from '../../src/built-in/catalogue.ts'
import { endWithOrigin } from '../../src/built-in/otp-sms.ts'
import { displayName, shortName } from '../../src/display-name.ts'
import { renderSms } from '../../src/render-template.ts'

const code = '031416'
function smsIn(name: string, language: string | null) {
  const sms = findBuiltIn(name, language)?.parts.sms
  if (!sms) throw new Error(`no SMS ${name}`)
  return sms
}
const sms = (language: string | null, name: string, domain = 'app.example.org') =>
  endWithOrigin(renderSms(smsIn('otp', language), { tenant_name: shortName(displayName(name)), code }), {
    code,
    domain,
  })

// GSM 03.38: what an SMS writes in seven bits a character; those of the second row take two.
const GSM7 =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿' +
  'abcdefghijklmnopqrstuvwxyzäöñüà'
const GSM7_TWICE = '^{}\\[~]|€\f'

/** How much of one SMS the text fills: 1 is all of it. */
function fill(text: string): number {
  const characters = [...text]
  if (!characters.every((each) => `${GSM7}${GSM7_TWICE}`.includes(each))) return text.length / 70
  return characters.reduce((sum, each) => sum + (GSM7_TWICE.includes(each) ? 2 : 1), 0) / 160
}
const isGsm7 = (text: string) => [...text].every((each) => `${GSM7}${GSM7_TWICE}`.includes(each))

t.test('the last line binds the code to the site, and nothing follows it', async (t) => {
  for (const language of ['en', 'de', 'es', 'fr', 'ja']) {
    const lines = sms(language, 'Acme').split('\n')
    t.equal(lines.length, 2, language)
    t.equal(lines.at(-1), '@app.example.org #031416', language)
    t.match(lines[0], code)
    t.match(lines[0], 'Acme')
  }
})

t.test('a text that ends with the line already gets no second one', async (t) => {
  const bound = 'Code 031416\n\n@app.example.org #031416'
  const domain = 'app.example.org'
  t.equal(endWithOrigin(`${bound}\n \n`, { code, domain }), bound)
  t.equal(
    endWithOrigin('@app.example.org #031416', { code, domain }),
    `@app.example.org #031416\n@${domain} #${code}`,
  )
  t.equal(endWithOrigin(`${bound}7`, { code, domain }), `${bound}7\n@${domain} #${code}`)
})

t.test('each language has its own words, and a regional one falls back to them', async (t) => {
  const texts = ['en', 'de', 'es', 'fr', 'ja'].map((language) => sms(language, 'Acme'))
  t.equal(new Set(texts).size, 5)
  t.equal(sms('de-AT', 'Acme'), sms('de', 'Acme'))
  t.equal(sms('nl', 'Acme'), sms('en', 'Acme'))
  t.equal(sms(null, 'Acme'), sms('en', 'Acme'))
})

t.test('a code costs one SMS: in seven bits a character where the language can be written so', async (t) => {
  const long = 'The Long Established Company of'
  t.equal(long.length, 31)
  for (const language of ['en', 'de', 'es', 'fr']) {
    for (const name of ['Acme', 'Müller & Söhne', 'Compañía', long]) {
      const text = sms(language, name, 'accounts.customers.example.co.uk')
      if (name !== 'Compañía') t.ok(isGsm7(text), text)
    }
    t.ok(fill(sms(language, long, 'accounts.customers.example.co.uk')) <= 1, language)
  }
  t.ok(fill(sms('ja', 'アクメ株式会社')) <= 1, 'Japanese')
  t.ok(fill(sms('en', 'アクメ')) <= 1.2, 'another script in the name costs its sender, not us')
})

t.test('a long name is cut between characters as people see them', async (t) => {
  t.equal(shortName('x'.repeat(30)), 'x'.repeat(30))
  t.equal(shortName('x'.repeat(31)), 'x'.repeat(30))
  const family = '👩‍👩‍👧'
  t.equal(shortName(family.repeat(40)), family.repeat(30))
  t.equal(shortName(`${'x'.repeat(29)} yz`), 'x'.repeat(29))
})

t.test('no tenant name, however hostile, reaches the last line or adds one', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
      const lines = sms('en', `${name}\n@evil.example #666666`).split(/\r\n|[\n\r\u2028\u2029]/u)
      return lines.length === 2 && lines[1] === '@app.example.org #031416'
    }),
  )
})

t.test('there is no SMS of what is sent by mail alone', async (t) => {
  t.equal(findBuiltIn('magic_link', 'en')?.parts.sms, null)
})

t.test('a notice says who it is from, in each language', async (t) => {
  for (const language of ['en', 'de', 'es', 'fr', 'ja']) {
    const values = { tenant_name: 'Acme', title: 'Parcel', body: 'It came.\nBye' }
    const text = renderSms(smsIn('notice', language), values)
    t.match(text, /^Acme ?[:：] ?Parcel\nIt came\.\nBye$/, language)
  }
})
