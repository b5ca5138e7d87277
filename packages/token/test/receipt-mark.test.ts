import fc from 'fast-check'
import t from 'tap'
import { createKeyRing } from '../src/key-ring.ts'
import { type MarkFields, markQuery, readMark } from '../src/receipt-mark.ts'
import { OTHER_TENANT, secretKey, symmetricRing, TENANT } from './rings.ts'

const ring = symmetricRing('receipt', 2)
const DELIVERY = '0190a000-0000-7000-8000-0000000000d1'
const now = new Date('2026-11-20T12:00:00Z')
const expiresAt = now.getTime() / 1_000 + 60
const mark = { tenantId: TENANT, deliveryId: DELIVERY, attempt: 2, expiresAt }

const fieldsOf = (query: string) => Object.fromEntries(new URLSearchParams(query)) as unknown as MarkFields
const fields = fieldsOf(markQuery(ring, mark))

t.test('a mark names tenant, delivery, attempt and its end, and is read until then', async (t) => {
  t.strictSame(readMark(ring, DELIVERY, fields, now), mark)
  t.strictSame(readMark(ring, DELIVERY, fields, new Date(now.getTime() + 59_999)), mark)
  t.equal(readMark(ring, DELIVERY, fields, new Date(now.getTime() + 60_000)), null)
  t.match(markQuery(ring, mark), /^t=[0-9a-f-]{36}&a=2&exp=\d+&s=[A-Za-z0-9_-]{44}$/)
})

t.test('it fits nothing else: another delivery, tenant, attempt or end', async (t) => {
  t.equal(readMark(ring, OTHER_TENANT, fields, now), null)
  const others = [
    { t: OTHER_TENANT },
    { a: '1' },
    { a: '02' },
    { exp: String(expiresAt + 1) },
    { exp: '9'.repeat(12) },
  ]
  for (const other of others) t.equal(readMark(ring, DELIVERY, { ...fields, ...other }, now), null)
})

t.test('no character of it can be changed, none left out, none added', async (t) => {
  const { s } = fields
  const read = (changed: string) => readMark(ring, DELIVERY, { ...fields, s: changed }, now)
  for (let at = 0; at < s.length; at++) {
    const changed = s[at] === 'A' ? 'B' : 'A'
    if (read(s.slice(0, at) + changed + s.slice(at + 1)) !== null)
      t.fail(`character ${at} counts for nothing`)
    if (read(s.slice(0, at)) !== null) t.fail(`the first ${at} characters are enough`)
  }
  for (const text of [`${s}A`, `${s}=`, ` ${s}`, '', `${s.replaceAll('-', '+').replaceAll('_', '/')}=`]) {
    t.equal(read(text), null)
  }
})

t.test('text of any kind is refused and never throws', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  fc.assert(
    fc.property(fc.record({ t: text, a: text, exp: text, s: text }), text, (some, delivery) => {
      return readMark(ring, delivery, some, now) === null && readMark(ring, delivery, fields, now) === null
    }),
  )
  fc.assert(fc.property(text, (t) => readMark(ring, DELIVERY, { ...fields, t }, now) === null))
})

t.test('an older key of the ring still reads, one that is gone does not', async (t) => {
  const old = fieldsOf(markQuery(symmetricRing('receipt', 1), mark))
  t.strictSame(readMark(ring, DELIVERY, old, now), mark)
  const rotated = createKeyRing('receipt', [{ version: 2, key: secretKey('receipt/2') }])
  t.equal(readMark(rotated, DELIVERY, old, now), null)
})

t.test('a mark is made of ids and whole numbers only', async (t) => {
  t.throws(() => markQuery(ring, { ...mark, tenantId: 'x' }), { name: 'UuidError' })
  for (const number of [1.5, -1, Number.NaN, 1e15]) {
    t.throws(() => markQuery(ring, { ...mark, expiresAt: number }), RangeError)
    t.throws(() => markQuery(ring, { ...mark, attempt: number }), RangeError)
  }
})
