// One recipient, never repaired: what is not one plain address is refused.

import fc from 'fast-check'
import t from 'tap'
import { readEmail, readPhone } from '../../src/challenge/identifier.ts'

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

const phoneOf = (text: string) => {
  try {
    return readPhone(text).identityKey
  } catch (error) {
    return (error as { code?: string }).code
  }
}

t.test(
  'a phone number in international form is read as E.164, for who it is, limits and sending',
  async (t) => {
    for (const [text, number] of [
      ['+4915112345678', '+4915112345678'],
      ['+49 151 1234 5678', '+4915112345678'],
      ['+1 (213) 373-4253', '+12133734253'],
      ['+1.213.373.4253', '+12133734253'],
      ['+44 20 7946 0958', '+442079460958'],
      ['+39 06 1234 5678', '+390612345678'],
      ['+15005550006', '+15005550006'],
    ] as const) {
      t.strictSame(readPhone(text), { kind: 'phone', address: number, identityKey: number, limitKey: number })
    }
  },
)

t.test('a number that would have to be repaired or guessed at is refused, with where it stood', async (t) => {
  const bad = [
    '',
    '+',
    '4915112345678',
    '004915112345678',
    '015112345678',
    '+49 (0) 151 12345678',
    '+44 (0)20 7946 0958',
    '+1',
    '+49151',
    '+999123456789',
    '+0049151123456',
    '+49151123456789012345',
    '+1 213 373 4253 ext. 5',
    '+1 213 373 4253;ext=5',
    'tel:+12133734253',
    '+1-800-FLOWERS',
    '++12133734253',
    '+1213373 42 53,+12133734254',
    '+12133734253\n',
    ' +12133734253',
    '\uff0b12133734253',
    '+１２１３３７３４２５３',
    '+1213373425\u06f3',
    '+1\u200b2133734253',
    '+1\u202e2133734253',
    '+1\u00a02133734253',
    '+1\u20112133734253',
  ]
  for (const text of bad) t.equal(phoneOf(text), 'VALIDATION_FAILED', JSON.stringify(text))
  try {
    readPhone('x', 'body.to')
    t.fail('it was read')
  } catch (error) {
    t.match(error, { details: [{ path: 'body.to' }] })
  }
})

t.test(
  'whatever counts as a number has the typed digits and no others, and reads back as itself',
  async (t) => {
    const digit = fc.constantFrom(...'0123456789')
    const typed = fc.array(fc.oneof({ weight: 9, arbitrary: digit }, fc.constantFrom(...' ().-/+x,')), {
      maxLength: 22,
    })
    let read = 0
    fc.assert(
      fc.property(
        fc.oneof(
          typed.map((all) => `+${all.join('')}`),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const number = phoneOf(text)
          if (number === 'VALIDATION_FAILED') return true
          read++
          return (
            number === `+${text.replaceAll(/[^0-9]/g, '')}` &&
            /^\+[1-9][0-9]{5,14}$/.test(number) &&
            phoneOf(number) === number
          )
        },
      ),
      { numRuns: 20_000 },
    )
    t.ok(read > 100, `${read} were read`)
  },
)
