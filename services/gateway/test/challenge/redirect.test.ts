// A link leads only to where the tenant said, whatever the URL is dressed up as.

import fc from 'fast-check'
import t from 'tap'
import { checkAllowedRedirects, chooseRedirect } from '../../src/challenge/redirect.ts'

const ALLOWED = ['https://ok.example/app', 'http://127.0.0.1:4003/']

const choose = (asked: string | undefined) => {
  try {
    return chooseRedirect(asked, ALLOWED)
  } catch (error) {
    return (error as { code?: string }).code
  }
}

t.test('what lies at or below an allowed place is taken, none asked means the first', async (t) => {
  t.equal(choose(undefined), 'https://ok.example/app')
  t.equal(choose('https://ok.example/app'), 'https://ok.example/app')
  t.equal(choose('https://ok.example/app/next?x=1'), 'https://ok.example/app/next?x=1')
  t.equal(choose('http://127.0.0.1:4003/callback'), 'http://127.0.0.1:4003/callback')
})

t.test('every trick around origin and path is refused', async (t) => {
  const tricks = [
    '//evil.example',
    'https://evil.example/app',
    'http://ok.example/app',
    'https://ok.example:444/app',
    'https://ok.example.evil/app',
    'https://ok.example@evil.example/app',
    'https://user:pw@ok.example/app',
    'https://ok.example/application',
    'https://ok.example/',
    'https://ok.example/app/../admin',
    'https://ok.example/app/%2e%2e/admin',
    'https://ok.example/app/%252e%252e/admin',
    'https://ok.example/app%2f..%2fadmin',
    'https://ok.example/app/..;/admin',
    'https://ok.example/app/..;x=1/admin',
    'https://ok.example/app/..%3B/admin',
    'https://ok.example/app\\..\\admin',
    'https:\\\\ok.example\\app',
    'https:ok.example/app',
    'https:///ok.example/app',
    ' https://ok.example/app',
    'https://ok.example/app\t',
    'ht\ttps://ok.example/app',
    'https://ok.example/app\r\nx',
    'https://ok.example/app#postern_token=x',
    'https://ok.example/app#',
    'javascript:alert(1)//https://ok.example/app',
    'data:text/html,x',
    '/app',
    'ok.example/app',
  ]
  for (const trick of tricks) t.equal(choose(trick), 'VALIDATION_FAILED', JSON.stringify(trick))
})

t.test('no generated URL gets out of the allowed origins and paths', async (t) => {
  const piece = fc.constantFrom(
    'https://',
    'ok.example',
    '/app',
    '/',
    '..',
    '%2e',
    '@',
    '\\',
    'evil.example',
    ':443',
    '?',
    '%25',
    '.',
    '\t',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const chosen = choose(pieces.join(''))
      if (chosen === 'VALIDATION_FAILED') return true
      const url = new URL(String(chosen))
      return url.origin === 'https://ok.example' && /^\/app(?:\/|$)/.test(url.pathname)
    }),
    { numRuns: 20_000 },
  )
  t.pass('20,000 runs')
})

t.test('an allow-list entry that says more than origin and path is refused', async (t) => {
  for (const entry of [
    'https://a.example/?x=1',
    'https://a.example/#x',
    'ftp://a.example/',
    'a.example',
    'https://u:p@a.example/',
  ]) {
    t.throws(() => checkAllowedRedirects([entry]), { code: 'VALIDATION_FAILED' }, entry)
  }
  t.doesNotThrow(() => checkAllowedRedirects(['https://a.example', 'http://127.0.0.1:3000/app']))
})
