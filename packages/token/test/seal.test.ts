// Sealed values: they open in their own place, unchanged, and nowhere else.

import fc from 'fast-check'
import t from 'tap'
import { open, SealError, type SealedPlace, seal } from '../src/seal.ts'
import { UuidError } from '../src/uuid-bytes.ts'
import { bytesOf, CHALLENGE, OTHER_TENANT, symmetricRing, TENANT } from './rings.ts'

const ring = symmetricRing('seal', 2)
const nonce = bytesOf('nonce', 12)
const plaintext = Buffer.from('{"to":"ada@example.org","token":"canary-5b1e"}')
const where: SealedPlace = { tenantId: TENANT, table: 'deliveries', rowId: CHALLENGE }
const refused = new SealError()

/** Whether a box opens; an error other than the one promised fails the test. */
function opens(version: number, box: Buffer): boolean {
  try {
    open(ring, version, box, where)
    return true
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    return false
  }
}

t.test('what was sealed opens at its place and nowhere shows in the box', async (t) => {
  const { version, box } = seal(ring, plaintext, where, nonce)
  t.equal(version, 2)
  t.equal(box.length, 12 + plaintext.length + 16)
  t.same(box.subarray(0, 12), nonce)
  t.same(open(ring, version, box, where), plaintext)
  t.notOk(box.includes('canary'))
})

t.test('any bytes survive, also none', async () => {
  const place = fc.record({ tenantId: fc.uuid(), table: fc.string(), rowId: fc.string() })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), place, (data, where) => {
      return open(ring, 2, seal(ring, data, where, nonce).box, where).equals(data)
    }),
  )
})

t.test('a box does not open at any other place', async (t) => {
  const { version, box } = seal(ring, plaintext, where, nonce)
  const places: SealedPlace[] = [
    { ...where, tenantId: OTHER_TENANT },
    { ...where, table: 'factors' },
    { ...where, table: '' },
    { ...where, rowId: TENANT },
    { ...where, rowId: '' },
    { ...where, table: `deliveries${CHALLENGE}`, rowId: '' },
    { ...where, table: 'deliverie', rowId: `s${CHALLENGE}` },
    { ...where, tenantId: 'acme' },
  ]
  for (const place of places) t.throws(() => open(ring, version, box, place), refused)
  t.same(open(ring, version, box, where), plaintext)
})

t.test('a box with any bit flipped, cut or extended does not open', async (t) => {
  const { version, box } = seal(ring, plaintext, where, nonce)
  const opened: number[] = []
  for (let bit = 0; bit < box.length * 8; bit++) {
    const changed = Buffer.from(box)
    changed[bit >> 3] = changed.readUInt8(bit >> 3) ^ (1 << (bit & 7))
    if (opens(version, changed)) opened.push(bit)
  }
  t.same(opened, [])
  for (let size = 0; size < box.length; size++) t.notOk(opens(version, box.subarray(0, size)))
  t.throws(() => open(ring, version, Buffer.concat([box, Buffer.alloc(1)]), where), refused)
})

t.test('after a rotation old boxes open; another version, or none, opens nothing', async (t) => {
  const old = seal(symmetricRing('seal', 1), plaintext, where, nonce)
  t.equal(old.version, 1)
  t.same(open(ring, 1, old.box, where), plaintext)
  t.throws(() => open(ring, 2, old.box, where), refused)
  t.throws(() => open(ring, 3, old.box, where), refused)
  t.throws(() => open(symmetricRing('pepper', 2), 1, old.box, where), refused)
})

t.test('the error says the same whatever is wrong, and carries no cause', async (t) => {
  const { version, box } = seal(ring, plaintext, where, nonce)
  const messages = new Set<string>()
  for (const attempt of [
    () => open(ring, 9, box, where),
    () => open(ring, version, Buffer.alloc(3), where),
    () => open(ring, version, box, { ...where, table: 'x' }),
    () => open(ring, version, box, { ...where, rowId: '\ud800' }),
  ]) {
    try {
      attempt()
    } catch (error) {
      t.ok(error instanceof SealError)
      if (error instanceof SealError) messages.add(`${error.message} ${String(error.cause)}`)
    }
  }
  t.same([...messages], ['The sealed value cannot be opened. undefined'])
})

t.test('a nonce of another size, or a tenant that is none, seals nothing', async (t) => {
  t.throws(() => seal(ring, plaintext, where, bytesOf('n', 11)), RangeError)
  t.throws(() => seal(ring, plaintext, where, bytesOf('n', 16)), RangeError)
  t.throws(() => seal(ring, plaintext, { ...where, tenantId: 'acme' }, nonce), new UuidError())
})
