// Whose page a host is: compared letter by letter with what the operator listed.

import fc from 'fast-check'
import t from 'tap'
import { isBrowserHost, isBrowserOrigin, spellingsOf } from '../../../src/browser/host/browser-host.ts'

const ENTRIES = ['app.example.org', 'localhost:4000', 'xn--bcher-kva.example']

t.test('without a port every port is meant, with one this port alone', async (t) => {
  for (const host of ['app.example.org', 'app.example.org:8443', 'APP.Example.org', 'localhost:4000']) {
    t.ok(isBrowserHost(host, ENTRIES), host)
  }
  for (const host of [
    'localhost',
    'localhost:4001',
    'example.org',
    'x.app.example.org',
    'app.example.org:',
    '',
  ]) {
    t.notOk(isBrowserHost(host, ENTRIES), host)
  }
  t.same(spellingsOf('LOCALHOST:4000'), ['localhost:4000', 'localhost'])
  for (const none of ['localhost:x', 'a..b', '[::1]', 'a/b', '-a', `${'a'.repeat(64)}.b`, ''])
    t.same(spellingsOf(none), [])
})

t.test(
  'text of any kind is a listed host only if it is one letter by letter, whatever stands around it',
  async () => {
    const listed = (text: string) =>
      /^(app\.example\.org|xn--bcher-kva\.example)(:\d+)?$|^localhost:4000$/i.test(text)
    const around = fc.string({ unit: 'grapheme', maxLength: 8 })
    const host = fc
      .tuple(around, fc.constantFrom(...ENTRIES, 'localhost'), around)
      .map((parts) => parts.join(''))
    fc.assert(fc.property(host, (text) => !isBrowserHost(text, ENTRIES) || listed(text)))
    fc.assert(
      fc.property(host, (text) => !isBrowserOrigin(`https://${text}`, ENTRIES, false) || listed(text)),
      { numRuns: 1_000 },
    )
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !isBrowserOrigin(text, ENTRIES, true)))
  },
)

t.test('an origin is compared as the browser spells it, never as a URL parser mends it', async (t) => {
  t.ok(isBrowserOrigin('https://app.example.org', ENTRIES, false))
  t.notOk(isBrowserOrigin('http://app.example.org', ENTRIES, false))
  t.ok(isBrowserOrigin('http://app.example.org', ENTRIES, true))
  for (const origin of [
    'https:app.example.org',
    'https:\\\\app.example.org',
    'https://app.example.org/',
    'https://app.example.org#',
    'https://x@app.example.org',
    ' https://app.example.org',
    'wss://app.example.org',
    'null',
    undefined,
  ]) {
    t.notOk(isBrowserOrigin(origin, ENTRIES, true), origin ?? 'none')
  }
})
