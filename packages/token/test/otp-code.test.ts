// Codes: evenly drawn, and a digest that fits no other challenge.

import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { createKeyRing } from '../src/key-ring.ts'
import { fixedOtp, mintOtp, OtpCodeError, otpDigests } from '../src/otp-code.ts'
import { UuidError } from '../src/uuid-bytes.ts'
import { CHALLENGE, OTHER_TENANT, secretKey, symmetricRing, TENANT } from './rings.ts'

const ring = symmetricRing('pepper', 2)
const place = { tenantId: TENANT, challengeId: CHALLENGE }
const uuids = fc.uuid({ version: 7 })
const six = fc.nat(999_999).map((number) => String(number).padStart(6, '0'))

/** A source that answers these 24-bit numbers, one a draw. */
function drawing(...numbers: number[]) {
  const left = [...numbers]
  const random = (n: number) => {
    const bytes = Buffer.alloc(n)
    bytes.writeUIntBE(left.shift() ?? 0, 0, n)
    return bytes
  }
  return { left, random }
}

t.test(
  'every draw below a million is its own code, whatever its upper four bits: no code is likelier',
  async () => {
    const below = fc.oneof(fc.nat(999_999), fc.constantFrom(0, 1, 9, 99_999, 100_000, 999_999))
    fc.assert(
      fc.property(below, fc.nat(15), (number, upper) => {
        const source = drawing((upper << 20) | number, 7)
        const { code } = mintOtp(ring, { ...place, random: source.random })
        return Number(code) === number && /^[0-9]{6}$/.test(code) && source.left.length === 1
      }),
    )
  },
)

t.test('every draw from a million on is drawn again, and leaves no trace in the code', async () => {
  const beyond = fc.oneof(fc.integer({ min: 1_000_000, max: 0xfffff }), fc.constantFrom(1_000_000, 0xfffff))
  fc.assert(
    fc.property(fc.array(beyond, { minLength: 1, maxLength: 20 }), fc.nat(999_999), (misses, number) => {
      const source = drawing(...misses, number)
      return Number(mintOtp(ring, { ...place, random: source.random }).code) === number
    }),
  )
})

t.test('a source that is none ends in an error, not in a loop or a weak code', async (t) => {
  t.throws(() => mintOtp(ring, { ...place, random: (n) => Buffer.alloc(n, 255) }), OtpCodeError)
  t.throws(() => mintOtp(ring, { ...place, random: () => Buffer.alloc(0) }), OtpCodeError)
  t.throws(() => mintOtp(ring, { ...place, random: () => randomBytes(2) }), OtpCodeError)
})

t.test(
  'the stored digest is HMAC-SHA-256 over label, tenant, challenge and code, each with its length',
  async (t) => {
    const part = (bytes: Buffer) => Buffer.concat([Buffer.of(0, 0, 0, bytes.length), bytes])
    const expected = createHmac('sha256', secretKey('pepper/2'))
      .update(part(Buffer.from('otp')))
      .update(part(Buffer.from(TENANT.replaceAll('-', ''), 'hex')))
      .update(part(Buffer.from(CHALLENGE)))
      .update(part(Buffer.from('000042')))
      .digest()
    t.strictSame(fixedOtp(ring, place, '000042'), { code: '000042', digest: expected, keyVersion: 2 })
  },
)

t.test('a minted code fits under the key version that its row names, also after a rotation', async () => {
  const old = symmetricRing('pepper', 1)
  fc.assert(
    fc.property(uuids, uuids, (tenantId, challengeId) => {
      const minted = mintOtp(old, { tenantId, challengeId, random: randomBytes })
      const found = otpDigests(ring, { tenantId, challengeId }, minted.code)
      const fitting = found.filter(({ digest }) => digest.equals(minted.digest))
      return found.length === 2 && fitting.length === 1 && fitting[0]?.version === minted.keyVersion
    }),
  )
})

t.test('a code fits no other code, challenge or tenant', async (t) => {
  const hex = (tenantId: string, challengeId: string, code: string) =>
    otpDigests(ring, { tenantId, challengeId }, code).map(({ digest }) => digest.toString('hex'))
  fc.assert(
    fc.property(uuids, uuids, six, six, (tenantId, challengeId, code, other) => {
      fc.pre(tenantId !== challengeId && code !== other)
      const all = [
        ...hex(tenantId, challengeId, code),
        ...hex(tenantId, challengeId, other),
        ...hex(tenantId, tenantId, code),
        ...hex(challengeId, challengeId, code),
        ...hex(challengeId, tenantId, code),
      ]
      return new Set(all).size === all.length
    }),
  )
  const elsewhere = createKeyRing('pepper', [{ version: 2, key: secretKey('elsewhere') }])
  t.notSame(fixedOtp(ring, place, '123456').digest, fixedOtp(elsewhere, place, '123456').digest)
  t.notSame(
    fixedOtp(ring, place, '123456').digest,
    fixedOtp(ring, { ...place, tenantId: OTHER_TENANT }, '123456').digest,
  )
})

t.test('ids in upper case give the digests of the same ids in lower case', async (t) => {
  const upper = { tenantId: TENANT.toUpperCase(), challengeId: CHALLENGE.toUpperCase() }
  t.strictSame(otpDigests(ring, upper, '123456'), otpDigests(ring, place, '123456'))
})

t.test('text that is not six ASCII digits, and ids that are none, have no digest', async (t) => {
  const bad = [
    '',
    '12345',
    '1234567',
    '12345a',
    ' 123456',
    '123456\n',
    '１２３４５６',
    '+12345',
    '12.345',
    '1e0005',
  ]
  for (const code of bad) {
    t.throws(() => otpDigests(ring, place, code), OtpCodeError, JSON.stringify(code))
    t.throws(() => fixedOtp(ring, place, code), OtpCodeError)
  }
  t.throws(() => otpDigests(ring, { ...place, challengeId: 'x' }, '123456'), UuidError)
  t.throws(() => mintOtp(ring, { ...place, tenantId: '', random: (n) => Buffer.alloc(n) }), UuidError)
})
