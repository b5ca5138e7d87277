// CSRF tokens: good for one browser of one tenant, whatever is changed about them.

import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import type { BrowserPlace } from '../src/browser-place.ts'
import { checkCsrfToken, mintCsrfToken } from '../src/csrf-token.ts'
import { frame } from '../src/framing.ts'
import { createKeyRing, LiveKeyRing } from '../src/key-ring.ts'
import { uuidToBytes } from '../src/uuid-bytes.ts'
import { bytesOf, OTHER_TENANT, secretKey, symmetricRing, TENANT } from './rings.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const ring = symmetricRing('csrf', 2)
const place: BrowserPlace = { tenantId: TENANT, cookie: { kind: 'session', value: 'a-session-cookie' } }
const random = bytesOf('random', 16)
const token = mintCsrfToken(ring, place, random)
const bytes = Buffer.from(token, 'base64url')

t.test('a token has the layout that the page about it promises', async (t) => {
  t.equal(token.length, 67)
  t.match(token, /^[A-Za-z0-9_-]+$/)
  t.same([...bytes.subarray(0, 2)], [1, 2], 'format and key version')
  t.same(bytes.subarray(2, 18), random)
  const framed = frame('csrf', uuidToBytes(TENANT), 'session', 'a-session-cookie', bytes.subarray(0, 18))
  t.same(bytes.subarray(18), createHmac('sha256', secretKey('csrf/2')).update(framed).digest())
})

t.test('a token holds for its place, whatever cookie and random bytes it was made with', async () => {
  const cookies = fc.string({ unit: 'grapheme-ascii', maxLength: 100 })
  const kinds = fc.constantFrom('session' as const, 'visitor' as const)
  const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(fc.uuid(), kinds, cookies, bytes16, (tenantId, kind, value, random) => {
      const at = { tenantId, cookie: { kind, value } }
      return checkCsrfToken(ring, at, mintCsrfToken(ring, at, random))
    }),
  )
})

t.test('a token holds for no other place: cookie, kind of cookie, tenant', async (t) => {
  t.ok(checkCsrfToken(ring, place, token))
  const { cookie } = place
  for (const other of [
    { tenantId: TENANT, cookie: { ...cookie, value: 'another-cookie' } },
    { tenantId: TENANT, cookie: { ...cookie, value: '' } },
    { tenantId: TENANT, cookie: { ...cookie, kind: 'visitor' as const } },
    { tenantId: OTHER_TENANT, cookie },
  ]) {
    t.notOk(checkCsrfToken(ring, other, token))
  }
  const both = fc.tuple(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }))
  const random = bytesOf('another', 16)
  fc.assert(
    fc.property(both, ([one, other]) => {
      const at = (value: string): BrowserPlace => ({ tenantId: TENANT, cookie: { kind: 'visitor', value } })
      fc.pre(one !== other && one.isWellFormed() && other.isWellFormed())
      return !checkCsrfToken(ring, at(other), mintCsrfToken(ring, at(one), random))
    }),
  )
})

t.test('a token with any of its 400 bits flipped is refused', async (t) => {
  let refused = 0
  for (let bit = 0; bit < 400; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = changed.readUInt8(bit >> 3) ^ (1 << (bit & 7))
    if (!checkCsrfToken(ring, place, changed.toString('base64url'))) refused++
  }
  t.equal(refused, 400)
  t.ok(checkCsrfToken(ring, place, token), 'the original still holds')
})

t.test('exactly one text stands for a token', async (t) => {
  const last = ALPHABET.indexOf(token.charAt(66))
  t.equal(last % 4, 0, 'two spare bits')
  for (let spare = 1; spare < 4; spare++) {
    const other = token.slice(0, 66) + ALPHABET.charAt(last + spare)
    t.same(Buffer.from(other, 'base64url'), bytes, 'a lenient decoder would take it')
    t.notOk(checkCsrfToken(ring, place, other))
  }
  for (let length = 0; length < 67; length++) t.notOk(checkCsrfToken(ring, place, token.slice(0, length)))
  for (const more of ['A', '=', ' ', '\n']) {
    t.notOk(checkCsrfToken(ring, place, token + more))
    t.notOk(checkCsrfToken(ring, place, (more + token).slice(0, 67)))
  }
})

t.test('text of any kind is refused and never throws', async () => {
  const refused = (text: string) => !checkCsrfToken(ring, place, text)
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 100 }), refused))
  const spelled = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 67, maxLength: 67 })
  fc.assert(fc.property(spelled, refused))
})

t.test(
  'a rotated ring writes with the new key and still reads the old one, until that is gone',
  async (t) => {
    const live = new LiveKeyRing(symmetricRing('csrf', 1))
    const old = mintCsrfToken(live, place, random)
    live.replace(symmetricRing('csrf', 2))
    t.ok(checkCsrfToken(live, place, old))
    t.not(mintCsrfToken(live, place, random), old)
    t.ok(checkCsrfToken(live, place, mintCsrfToken(live, place, random)))
    live.replace(createKeyRing('csrf', [{ version: 2, key: secretKey('csrf/2') }]))
    t.notOk(checkCsrfToken(live, place, old))
  },
)

t.test('a token of another house, under a key of the same version, is refused', async (t) => {
  const theirs = createKeyRing('csrf', [{ version: 2, key: secretKey('theirs') }])
  t.notOk(checkCsrfToken(ring, place, mintCsrfToken(theirs, place, random)))
})

t.test('too little randomness makes no token', async (t) => {
  t.throws(() => mintCsrfToken(ring, place, bytesOf('short', 15)), RangeError)
})
