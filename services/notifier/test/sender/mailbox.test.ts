import fc from 'fast-check'
import t from 'tap'
import { asciiDomain, mailboxOf } from '../../src/sender/mailbox.ts'

const email = 'sign-in@example.org'

t.test('a plain name is quoted, a name in another script is encoded', async (t) => {
  t.equal(mailboxOf({ email, name: 'Acme' }), '"Acme" <sign-in@example.org>')
  t.equal(
    mailboxOf({ email, name: 'A "B" \\ <x@y.z>, C' }),
    '"A \\"B\\" \\\\ <x@y.z>, C" <sign-in@example.org>',
  )
  t.equal(mailboxOf({ email, name: 'Größe' }), '=?UTF-8?B?R3LDtsOfZQ==?= <sign-in@example.org>')
  t.equal(mailboxOf({ email, name: ' ' }), email)
  t.equal(mailboxOf({ email: 'a@bücher.example', name: '' }), 'a@xn--bcher-kva.example')
})

t.test('domains become ASCII, local parts stay as they were typed', async (t) => {
  t.equal(asciiDomain('Ada@bücher.example'), 'Ada@xn--bcher-kva.example')
  t.equal(asciiDomain("o'Neil+a=b@Example.ORG"), "o'Neil+a=b@Example.ORG")
})

t.test('whatever the name is, it is one line of ASCII, and its encoded words read back as it', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
      const box = mailboxOf({ email, name })
      const words = box.split(' ').slice(0, -1)
      const wellFormed =
        /^[ -~]*$/.test(box) && words.every((word) => !word.startsWith('=?') || word.length <= 75)
      if (!words[0]?.startsWith('=?UTF-8?B?')) return wellFormed
      const read = words.map((word) => Buffer.from(word.slice(10, -2), 'base64').toString()).join('')
      return wellFormed && read === name.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
    }),
  )
})
