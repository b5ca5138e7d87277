// Refresh tokens: one text each, and a successor that can be computed again.

import fc from 'fast-check'
import t from 'tap'
import { sha256 } from '../src/digest.ts'
import {
  mintRefreshToken,
  RefreshTokenError,
  readRefreshToken,
  successorSecret,
  successorSecretWith,
} from '../src/refresh-token.ts'
import { UuidError } from '../src/uuid-bytes.ts'
import { bytesOf, CHALLENGE as SESSION, symmetricRing, TENANT } from './rings.ts'

const ring = symmetricRing('refresh', 2)
const minted = mintRefreshToken(bytesOf('refresh', 32), { sessionId: SESSION })

t.test('a token names its session, and its digest is the plain SHA-256 of its text', async (t) => {
  t.match(minted.token, /^[A-Za-z0-9_-]{66}$/)
  t.same(minted.digest, sha256(minted.token))
  t.same(readRefreshToken(minted.token), { sessionId: SESSION, digest: minted.digest })
  fc.assert(
    fc.property(fc.uuid(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (sessionId, secret) => {
      const { token } = mintRefreshToken(secret, { sessionId })
      return readRefreshToken(token)?.sessionId === sessionId
    }),
  )
})

t.test('a changed token is no token or has another digest; only one text stands for a token', async (t) => {
  const bytes = Buffer.from(minted.token, 'base64url')
  t.equal(bytes.length, 49)
  for (let bit = 0; bit < 49 * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = changed.readUInt8(bit >> 3) ^ (1 << (bit & 7))
    const read = readRefreshToken(changed.toString('base64url'))
    t.notOk(read?.digest.equals(minted.digest))
    if (bit < 8) t.equal(read, null, 'another format version')
  }
  const last = minted.token.charCodeAt(65)
  const spellings = Array.from(
    { length: 128 },
    (_, code) => minted.token.slice(0, 65) + String.fromCharCode(code),
  )
  for (const text of spellings.filter((one) => one.charCodeAt(65) !== last)) {
    t.notOk(readRefreshToken(text)?.digest.equals(minted.digest))
    if (Buffer.from(text, 'base64url').equals(bytes)) t.equal(readRefreshToken(text), null)
  }
  for (const text of ['', minted.token.slice(1), `${minted.token}=`, `${minted.token}A`, ' '.repeat(66)]) {
    t.equal(readRefreshToken(text), null)
  }
})

t.test('the successor is the same each time it is asked for, and changes with every input', async (t) => {
  const first = successorSecret(ring, minted.token, SESSION)
  t.equal(first.length, 32)
  t.same(successorSecret(ring, minted.token, SESSION), first)
  const others = [
    successorSecret(ring, minted.token, TENANT),
    successorSecret(ring, `${minted.token}0`, SESSION),
    successorSecret(symmetricRing('pepper', 2), minted.token, SESSION),
    successorSecret(symmetricRing('refresh', 1), minted.token, SESSION),
  ]
  t.equal(new Set([first, ...others].map((one) => one.toString('hex'))).size, 5)
})

t.test('a grace that lasts over a rotation still answers the same successor', async (t) => {
  const before = successorSecret(symmetricRing('refresh', 1), minted.token, SESSION)
  t.same(successorSecretWith(ring, 1, minted.token, SESSION), before)
  t.notSame(successorSecret(ring, minted.token, SESSION), before)
  t.equal(successorSecretWith(ring, 7, minted.token, SESSION), null)
})

t.test('a token is not made from a short secret or for a bad session', async (t) => {
  t.throws(() => mintRefreshToken(bytesOf('a', 31), { sessionId: SESSION }), RefreshTokenError)
  t.throws(() => mintRefreshToken(bytesOf('a', 32), { sessionId: 'x' }), new UuidError())
})
