// One recipient, never repaired: what is not one plain address is refused.

import fc from 'fast-check'
import t from 'tap'
import { readEmail } from '../../src/challenge/identifier.ts'

const refused = (text: string) => {
  try {
    readEmail(text)
    return undefined
  } catch (error) {
    return (error as { code?: string }).code
  }
}

t.test('mail goes to the address as typed, identity and limits have one key each', async (t) => {
  t.strictSame(readEmail('Ada.Lovelace+news@Example.COM'), {
    kind: 'email',
    address: 'Ada.Lovelace+news@Example.COM',
    identityKey: 'ada.lovelace+news@example.com',
    limitKey: 'ada.lovelace@example.com',
  })
  t.equal(readEmail('ada@bücher.example').identityKey, 'ada@xn--bcher-kva.example')
  t.equal(readEmail('ada@BÜCHER.example').identityKey, 'ada@xn--bcher-kva.example')
  t.equal(readEmail('ada@XN--BCHER-KVA.example').identityKey, 'ada@xn--bcher-kva.example')
  t.equal(readEmail('ada@straße.example').identityKey, 'ada@xn--strae-oqa.example')
  t.equal(readEmail('+ada@example.com').limitKey, '+ada@example.com')
})

t.test('lists, header tricks and comments are refused', async (t) => {
  const tricks = [
    'a@example.com,b@example.com',
    'a@example.com;b@example.com',
    'a@example.com b@example.com',
    'a@example.com\r\nBcc: b@example.com',
    'a@example.com\n',
    ' a@example.com',
    'a@example.com ',
    'Ada <a@example.com>',
    '"a b"@example.com',
    'a(comment)@example.com',
    'a@example.com(comment)',
    'a@b@example.com',
    'a..b@example.com',
    '.a@example.com',
    'a.@example.com',
    '@example.com',
    'a@',
    'a',
    'a@localhost',
    'a@127.0.0.1',
    'a@[127.0.0.1]',
    'a@example.com.',
    'a@-example.com',
    'a@exa_mple.com',
    'a@example.com/x',
    'a@example.com:25',
    'a@exam%70le.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'a'.repeat(64)}.example`,
  ]
  for (const trick of tricks) t.equal(refused(trick), 'VALIDATION_FAILED', JSON.stringify(trick))
})

t.test('look-alikes that normalise to something else are refused', async (t) => {
  const tricks = [
    'a＠example.com',
    'ａ@example.com',
    'a@ｅxample.com',
    'a\u200b@example.com',
    'a@exam\u200dple.com',
    'a\u202e@example.com',
    'a@exam\u00adple.com',
    'a@example。com',
    'é@example.com',
    'a@exam\u034fple.com',
    'a@exam\u115fple.com',
    'a@exam\u17b4ple.com',
    'a@exam\u180bple.com',
    'a@exam\ufe0fple.com',
    'a@exam\u{e0100}ple.com',
  ]
  for (const trick of tricks) t.equal(refused(trick), 'VALIDATION_FAILED', JSON.stringify(trick))
})

t.test('whatever is accepted reads back as the same identity, in plain ASCII', async (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: 'binary', maxLength: 60 })), (text) => {
      let read: ReturnType<typeof readEmail>
      try {
        read = readEmail(text)
      } catch (error) {
        return (error as { code?: string }).code === 'VALIDATION_FAILED'
      }
      const again = readEmail(read.identityKey)
      return (
        again.identityKey === read.identityKey &&
        /^[!-~]+$/.test(read.identityKey) &&
        read.identityKey.split('@').length === 2
      )
    }),
    { numRuns: 20_000 },
  )
  t.pass('20,000 runs')
})
