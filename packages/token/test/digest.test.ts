// Keyed digests: another label, tenant, id, secret or key is another digest.

import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { digest, digestsOfAll, equalDigest, sha256 } from '../src/digest.ts'
import { FramingError, frame } from '../src/framing.ts'
import { UuidError } from '../src/uuid-bytes.ts'
import { CHALLENGE, OTHER_TENANT, secretKey, symmetricRing, TENANT } from './rings.ts'

const ring = symmetricRing('pepper', 2)
const secret = Buffer.from('123456')
const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const bytes = fc.uint8Array({ maxLength: 12 })

t.test('a digest is HMAC-SHA-256 over label, tenant, id and secret, each with its length', async (t) => {
  const expected = createHmac('sha256', secretKey('pepper/2'))
    .update('00000003', 'hex')
    .update('otp')
    .update('00000010', 'hex')
    .update(TENANT.replaceAll('-', ''), 'hex')
    .update('00000005', 'hex')
    .update('row-1')
    .update('00000006', 'hex')
    .update('123456')
    .digest()
  t.same(digest(ring, 'otp', TENANT, 'row-1', secret), { version: 2, digest: expected })
})

t.test('another label, tenant, id, secret or key gives another digest', async (t) => {
  const digests = [
    digest(ring, 'otp', TENANT, CHALLENGE, secret),
    digest(ring, 'recovery_code', TENANT, CHALLENGE, secret),
    digest(ring, 'otp', OTHER_TENANT, CHALLENGE, secret),
    digest(ring, 'otp', TENANT, TENANT, secret),
    digest(ring, 'otp', TENANT, CHALLENGE, Buffer.from('123457')),
    digest(symmetricRing('other', 2), 'otp', TENANT, CHALLENGE, secret),
    digest(symmetricRing('pepper', 1), 'otp', TENANT, CHALLENGE, secret),
  ]
  t.equal(new Set(digests.map((one) => one.digest.toString('hex'))).size, digests.length)
})

t.test('a row is checked with the key version it names, and with no other', async (t) => {
  const before = digest(symmetricRing('pepper', 1), 'otp', TENANT, CHALLENGE, secret)
  const after = digestsOfAll(ring, 'otp', TENANT, CHALLENGE, secret)
  t.same(
    after.filter(({ digest }) => digest.equals(before.digest)),
    [before],
  )
})

t.test('a look-up gets the digest of every live key, the writing one first', async (t) => {
  const all = digestsOfAll(ring, 'identifier', TENANT, 'email', secret)
  t.same(
    all,
    [2, 1].map((version) => digest(symmetricRing('pepper', version), 'identifier', TENANT, 'email', secret)),
  )
})

t.test('moving a border between two parts always gives another digest', async () => {
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      fc.pre(b !== '')
      const left = digest(ring, 'otp', TENANT, a + b, Buffer.from(c))
      const right = digest(ring, 'otp', TENANT, a, Buffer.from(b + c))
      return !equalDigest(left.digest, right.digest)
    }),
  )
})

t.test('two lists of parts are framed alike only when they are the same list', async () => {
  const parts = fc.array(bytes, { maxLength: 4 })
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const same =
        a.length === b.length && a.every((part, at) => Buffer.from(part).equals(b[at] ?? Buffer.alloc(0)))
      return frame(...a).equals(frame(...b)) === same
    }),
  )
  // The pairs that a random search seldom meets: one list read as the other with the borders moved.
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 4 }), fc.nat(3), (list, cut) => {
      const joined = [...list.slice(0, cut), Buffer.concat(list.slice(cut))]
      return list.length - cut === 1 || !frame(...list).equals(frame(...joined))
    }),
  )
})

t.test('text that UTF-8 would merge with other text is refused', async (t) => {
  t.throws(() => digest(ring, 'idempotency', TENANT, '\ud800', secret), new FramingError())
  t.throws(() => digest(ring, 'idempotency', TENANT, 'a\udc00b', secret), new FramingError())
  t.ok(digest(ring, 'idempotency', TENANT, '\ufffd😀', secret))
})

t.test('a tenant that is no UUID is refused; its case does not matter', async (t) => {
  t.throws(() => digest(ring, 'otp', 'acme', CHALLENGE, secret), new UuidError())
  t.same(
    digest(ring, 'otp', TENANT.toUpperCase(), CHALLENGE, secret),
    digest(ring, 'otp', TENANT, CHALLENGE, secret),
  )
})

t.test('digests of different length are different and do not throw', async (t) => {
  t.equal(equalDigest(sha256('a'), sha256('a')), true)
  t.equal(equalDigest(sha256('a'), sha256('b')), false)
  t.equal(equalDigest(sha256('a'), sha256('a').subarray(0, 31)), false)
  t.equal(equalDigest(sha256('a'), Buffer.alloc(0)), false)
})

t.test('sha256 gives the digest of FIPS 180-4 for "abc"', async (t) => {
  t.equal(sha256('abc').toString('hex'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
