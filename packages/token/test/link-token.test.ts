// Link tokens: one text each, and whatever is changed about it is refused without anybody being asked.

import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { digest } from '../src/digest.ts'
import { createKeyRing, LiveKeyRing } from '../src/key-ring.ts'
import { LinkTokenError, mintLinkToken, readLinkToken } from '../src/link-token.ts'
import { UuidError } from '../src/uuid-bytes.ts'
import { bytesOf, CHALLENGE, OTHER_TENANT, secretKey, symmetricRing, TENANT } from './rings.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const ring = symmetricRing('pepper', 2)
const parts = { tenantId: TENANT, challengeId: CHALLENGE, random: bytesOf('random', 16) }
const minted = mintLinkToken(ring, parts)
const bytes = Buffer.from(minted.token, 'base64url')

function stillReads(t: Test): void {
  t.equal(readLinkToken(ring, minted.token)?.challengeId, CHALLENGE, 'the original still works')
}

t.test('a token has the layout that the interface promises', async (t) => {
  t.equal(minted.token.length, 110)
  t.match(minted.token, /^[A-Za-z0-9_-]+$/)
  t.equal(bytes.length, 82)
  t.same([...bytes.subarray(0, 2)], [1, 2], 'format and key version')
  t.equal(bytes.toString('hex', 2, 18), TENANT.replaceAll('-', ''))
  t.equal(bytes.toString('hex', 18, 34), CHALLENGE.replaceAll('-', ''))
  t.same(bytes.subarray(34, 50), parts.random)
  const mac = createHmac('sha256', secretKey('pepper/2')).update('magic_link').update(bytes.subarray(0, 50))
  t.same(bytes.subarray(50), mac.digest())
})

t.test('what was minted is read again', async (t) => {
  const { token, ...rest } = minted
  t.same(readLinkToken(ring, token), { tenantId: TENANT, challengeId: CHALLENGE, ...rest })
  t.equal(rest.keyVersion, 2)
})

t.test('any ids and random bytes survive the way', async (t) => {
  const random = fc.uint8Array({ minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), random, (tenantId, challengeId, random) => {
      const { token, digest, keyVersion } = mintLinkToken(ring, { tenantId, challengeId, random })
      t.strictSame(readLinkToken(ring, token), { tenantId, challengeId, digest, keyVersion })
    }),
  )
})

t.test('ids in upper case give the token and digest of the same ids in lower case', async (t) => {
  const upper = { ...parts, tenantId: TENANT.toUpperCase(), challengeId: CHALLENGE.toUpperCase() }
  t.same(mintLinkToken(ring, upper), minted)
})

t.test('a token with any of its 656 bits flipped is refused', async (t) => {
  let refused = 0
  for (let bit = 0; bit < 656; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = changed.readUInt8(bit >> 3) ^ (1 << (bit & 7))
    if (readLinkToken(ring, changed.toString('base64url')) === null) refused++
  }
  t.equal(refused, 656)
  stillReads(t)
})

t.test('the spare bits of the last character cannot be used to spell a token in another way', async (t) => {
  const last = ALPHABET.indexOf(minted.token.charAt(109))
  t.equal(last % 16, 0, 'four spare bits')
  for (let spare = 1; spare < 16; spare++) {
    const other = minted.token.slice(0, 109) + ALPHABET.charAt(last + spare)
    t.same(Buffer.from(other, 'base64url'), bytes, 'a lenient decoder would take it')
    t.equal(readLinkToken(ring, other), null)
  }
  stillReads(t)
})

t.test('a token cut at any place, or extended, is refused', async (t) => {
  for (let length = 0; length < 110; length++)
    t.equal(readLinkToken(ring, minted.token.slice(0, length)), null)
  for (const more of ['A', '=', '==', '\n', ' ', '.']) {
    t.equal(readLinkToken(ring, minted.token + more), null)
    t.equal(readLinkToken(ring, more + minted.token), null)
    t.equal(readLinkToken(ring, (more + minted.token).slice(0, 110)), null)
  }
  t.equal(readLinkToken(ring, minted.token + minted.token), null)
  stillReads(t)
})

t.test('another alphabet, padding, blanks and other case are refused', async (t) => {
  const seeds = Array.from({ length: 64 }, (_, at) =>
    mintLinkToken(ring, { ...parts, random: bytesOf(`${at}`, 16) }),
  )
  const { token } = seeds.find((one) => /-/.test(one.token) && /_/.test(one.token)) ?? minted
  t.match(token, /-.*_|_.*-/)
  const standard = Buffer.from(token, 'base64url').toString('base64')
  const others = [
    standard,
    standard.replaceAll('=', ''),
    `${token}==`,
    `${token.slice(0, 108)}==`,
    token.replace('-', '+'),
    token.replace('_', '/'),
    token.toUpperCase(),
    token.toLowerCase(),
    `${token.slice(0, 50)} ${token.slice(50)}`,
    `${token.slice(0, 50)}\n${token.slice(51)}`,
    Buffer.from(token, 'base64url').toString('hex'),
    encodeURIComponent(`${token}=`),
    token.replace('A', 'Ａ'),
    '\u0000'.repeat(110),
    'é'.repeat(55),
    'é'.repeat(110),
  ]
  for (const other of others.filter((one) => one !== token)) t.equal(readLinkToken(ring, other), null)
  t.ok(readLinkToken(ring, token))
})

t.test('text of any kind is refused and never throws', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => readLinkToken(ring, text) === null),
  )
  const alphabet = fc.constantFrom(...ALPHABET)
  fc.assert(
    fc.property(
      fc.string({ unit: alphabet, minLength: 110, maxLength: 110 }),
      (text) => readLinkToken(ring, text) === null,
    ),
  )
})

t.test("the tenant is authenticated: another tenant's id in a genuine token is refused", async (t) => {
  const other = mintLinkToken(ring, { ...parts, tenantId: OTHER_TENANT })
  t.equal(readLinkToken(ring, other.token)?.tenantId, OTHER_TENANT)
  const moved = Buffer.from(bytes)
  Buffer.from(other.token, 'base64url').copy(moved, 2, 2, 18)
  t.equal(readLinkToken(ring, moved.toString('base64url')), null)
  t.notSame(other.digest, minted.digest)
})

t.test('after a rotation the old token still reads and new ones use the new key', async (t) => {
  const live = new LiveKeyRing(symmetricRing('pepper', 1))
  const old = mintLinkToken(live, parts)
  live.replace(ring)
  const young = mintLinkToken(live, parts)
  t.equal(readLinkToken(live, old.token)?.keyVersion, 1)
  t.same(readLinkToken(live, old.token)?.digest, old.digest)
  t.equal(young.keyVersion, 2)
  t.notSame(young.digest, old.digest)
})

t.test('a token of a key that the ring does not hold is refused', async (t) => {
  const newer = mintLinkToken(symmetricRing('pepper', 3), parts)
  t.equal(newer.keyVersion, 3)
  t.equal(readLinkToken(ring, newer.token), null)
  t.equal(readLinkToken(symmetricRing('other', 2), minted.token), null)
  const withoutFirst = createKeyRing('pepper', [{ version: 2, key: secretKey('pepper/2') }])
  t.equal(readLinkToken(withoutFirst, mintLinkToken(symmetricRing('pepper', 1), parts).token), null)
  t.ok(readLinkToken(withoutFirst, minted.token))
})

t.test('a token of another format version is refused, even with a genuine MAC', async (t) => {
  const formed = (format: number) => {
    const head = Buffer.concat([Buffer.of(format), bytes.subarray(1, 50)])
    const mac = createHmac('sha256', secretKey('pepper/2')).update('magic_link').update(head).digest()
    return Buffer.concat([head, mac]).toString('base64url')
  }
  t.equal(formed(1), minted.token)
  for (const format of [0, 2, 255]) t.equal(readLinkToken(ring, formed(format)), null)
})

t.test('the stored digest is that of the whole token and tells nothing about its MAC', async (t) => {
  const expected = digest(ring, 'link_token', TENANT, CHALLENGE, bytes)
  t.same(minted.digest, expected.digest)
  t.notSame(minted.digest, bytes.subarray(50))
  const older = symmetricRing('pepper', 1)
  const { token, digest: kept } = mintLinkToken(older, parts)
  t.same(kept, digest(older, 'link_token', TENANT, CHALLENGE, Buffer.from(token, 'base64url')).digest)
})

t.test('what was answered does not change when the next token is read', async (t) => {
  const first = readLinkToken(ring, minted.token)
  const kept = Buffer.from(first?.digest ?? '')
  mintLinkToken(ring, { ...parts, random: bytesOf('other', 16) })
  readLinkToken(ring, mintLinkToken(ring, { ...parts, tenantId: OTHER_TENANT }).token)
  t.same(first?.digest, kept)
  t.same(kept, minted.digest)
})

t.test('a token is not made from bad ids or too few random bytes', async (t) => {
  t.throws(() => mintLinkToken(ring, { ...parts, random: bytesOf('a', 15) }), new LinkTokenError())
  t.throws(() => mintLinkToken(ring, { ...parts, random: bytesOf('a', 17) }), new LinkTokenError())
  t.throws(() => mintLinkToken(ring, { ...parts, tenantId: 'acme' }), new UuidError())
  t.throws(() => mintLinkToken(ring, { ...parts, challengeId: '' }), new UuidError())
})
