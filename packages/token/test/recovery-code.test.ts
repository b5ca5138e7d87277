// Recovery codes: eighty random bits, read however a person types them.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { LiveKeyRing } from '../src/key-ring.ts'
import { mintRecoveryCodes, recoveryCodeDigests } from '../src/recovery-code.ts'
import { bytesOf, OTHER_TENANT, symmetricRing, TENANT } from './rings.ts'

const ring = symmetricRing('pepper', 2)
const owner = { tenantId: TENANT, userId: '01a1fbf0-d279-751d-ac02-60a0ef81ba9f' }
const set = mintRecoveryCodes(ring, owner, randomBytes)
const [first] = set
const code = first?.code ?? ''
const digestOf = (text: string, of = owner) =>
  recoveryCodeDigests(ring, of, text)?.find(({ version }) => version === 2)?.digest

t.test('ten different codes of 80 bits, in letters that are not taken for each other', async (t) => {
  t.equal(set.length, 10)
  t.equal(new Set(set.map(({ code }) => code)).size, 10)
  for (const { code, keyVersion } of set) {
    t.match(code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/)
    t.equal(keyVersion, 2)
  }
})

t.test('every bit of the random bytes is in the code', async (t) => {
  const seen = new Set<string>()
  for (let bit = -1; bit < 80; bit++) {
    const bytes = Buffer.alloc(10)
    if (bit >= 0) bytes[bit >> 3] = 1 << (bit & 7)
    seen.add(mintRecoveryCodes(ring, owner, () => bytes)[0]?.code ?? '')
  }
  t.equal(seen.size, 81)
})

t.test('what was shown is found again, however it is typed', async (t) => {
  const plain = code.replaceAll('-', '')
  const spellings = [
    code,
    plain,
    code.toLowerCase(),
    plain.toLowerCase(),
    ` ${code.replaceAll('-', ' ')} `,
    plain.split('').join('-'),
    code.replaceAll('0', 'O').replaceAll('1', 'l'),
    code.replaceAll('0', 'o').replaceAll('1', 'I'),
  ]
  for (const text of spellings) t.same(digestOf(text), first?.digest)
})

t.test('text that no code can be has no digest', async (t) => {
  const others = [
    '',
    code.slice(1),
    `${code}0`,
    code.replace(/.$/, 'U'),
    code.replace(/^./, '０'),
    `${code}\n`,
    '-'.repeat(16),
  ]
  for (const text of [...others, `${code}${' '.repeat(64)}`])
    t.equal(recoveryCodeDigests(ring, owner, text), null)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const digests = recoveryCodeDigests(ring, owner, text)
      return digests === null || /^[\s0-9A-TV-Za-tv-z-]+$/.test(text)
    }),
  )
})

t.test("a code of one person or tenant is not another's", async (t) => {
  t.notSame(digestOf(code, { ...owner, tenantId: OTHER_TENANT }), first?.digest)
  t.notSame(digestOf(code, { ...owner, userId: '01a1fbf0-d279-751d-ac02-60a0ef81ba9e' }), first?.digest)
  t.notSame(digestOf(set[1]?.code ?? ''), first?.digest)
})

t.test('a code of an older key is still found after a rotation', async (t) => {
  const live = new LiveKeyRing(symmetricRing('pepper', 1))
  const [old] = mintRecoveryCodes(live, owner, (n) => bytesOf('old', n))
  live.replace(ring)
  const digests = recoveryCodeDigests(live, owner, old?.code ?? '')
  t.equal(old?.keyVersion, 1)
  t.same(digests?.find(({ version }) => version === 1)?.digest, old?.digest)
})

t.test('too few random bytes make no code', async (t) => {
  t.throws(() => mintRecoveryCodes(ring, owner, (n) => bytesOf('few', n - 1)), RangeError)
})
