// Tokens of sign-ins that wait: ours, for one tenant, and never taken for a link.

import fc from 'fast-check'
import t from 'tap'
import { digest } from '../src/digest.ts'
import { LiveKeyRing } from '../src/key-ring.ts'
import { mintLinkToken, readLinkToken } from '../src/link-token.ts'
import { mintMfaToken, readMfaToken } from '../src/mfa-token.ts'
import { UuidError } from '../src/uuid-bytes.ts'
import { bytesOf, OTHER_TENANT, symmetricRing, TENANT } from './rings.ts'

const PENDING = '01a1fbf0-ce30-71b7-a494-2543573e363e'
const ring = symmetricRing('pepper', 2)
const parts = { tenantId: TENANT, pendingId: PENDING, random: bytesOf('random', 16) }
const minted = mintMfaToken(ring, parts)
const bytes = Buffer.from(minted.token, 'base64url')

t.test('any ids and random bytes survive the way', async (t) => {
  const random = fc.uint8Array({ minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), random, (tenantId, pendingId, random) => {
      const { token, digest, keyVersion } = mintMfaToken(ring, { tenantId, pendingId, random })
      t.strictSame(readMfaToken(ring, token), { tenantId, pendingId, digest, keyVersion })
    }),
  )
})

t.test('a token with any of its bits flipped, cut or extended is refused', async (t) => {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = changed.readUInt8(bit >> 3) ^ (1 << (bit & 7))
    if (readMfaToken(ring, changed.toString('base64url')) !== null) t.fail(`bit ${bit}`)
  }
  for (let length = 0; length < 110; length++)
    t.equal(readMfaToken(ring, minted.token.slice(0, length)), null)
  for (const more of ['A', '=', ' ', '\n']) t.equal(readMfaToken(ring, minted.token + more), null)
  t.ok(readMfaToken(ring, minted.token), 'the original still works')
})

t.test('only one text stands for a token', async (t) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(minted.token.charAt(109))
  for (let spare = 1; spare < 16; spare++) {
    const other = minted.token.slice(0, 109) + alphabet.charAt(last + spare)
    t.same(Buffer.from(other, 'base64url'), bytes, 'a lenient decoder would take it')
    t.equal(readMfaToken(ring, other), null)
  }
})

t.test('text of any kind is refused and never throws', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => readMfaToken(ring, text) === null),
  )
})

t.test("a mailed link's token and this one are never taken for each other", async (t) => {
  const link = mintLinkToken(ring, { tenantId: TENANT, challengeId: PENDING, random: parts.random })
  t.same(
    Buffer.from(link.token, 'base64url').subarray(0, 50),
    bytes.subarray(0, 50),
    'they differ by the MAC alone',
  )
  t.equal(readMfaToken(ring, link.token), null)
  t.equal(readLinkToken(ring, minted.token), null)
})

t.test('the tenant is authenticated, and the digest is bound to tenant and sign-in', async (t) => {
  const other = mintMfaToken(ring, { ...parts, tenantId: OTHER_TENANT })
  const moved = Buffer.from(bytes)
  Buffer.from(other.token, 'base64url').copy(moved, 2, 2, 18)
  t.equal(readMfaToken(ring, moved.toString('base64url')), null)
  t.same(minted.digest, digest(ring, 'mfa_token', TENANT, PENDING, bytes).digest)
  t.notSame(other.digest, minted.digest)
})

t.test('after a rotation the old token still reads; of a key that is gone it does not', async (t) => {
  const live = new LiveKeyRing(symmetricRing('pepper', 1))
  const old = mintMfaToken(live, parts)
  live.replace(ring)
  t.same(readMfaToken(live, old.token)?.digest, old.digest)
  t.equal(mintMfaToken(live, parts).keyVersion, 2)
  t.equal(readMfaToken(ring, mintMfaToken(symmetricRing('pepper', 3), parts).token), null)
})

t.test('a token is not made from bad ids or too few random bytes', async (t) => {
  t.throws(() => mintMfaToken(ring, { ...parts, random: bytesOf('a', 15) }), RangeError)
  t.throws(() => mintMfaToken(ring, { ...parts, tenantId: 'acme' }), new UuidError())
  t.throws(() => mintMfaToken(ring, { ...parts, pendingId: '' }), new UuidError())
})
