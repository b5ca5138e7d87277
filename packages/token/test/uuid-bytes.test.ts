// UUIDs as bytes and back: one text each.

import fc from 'fast-check'
import t from 'tap'
import { bytesToUuid, UuidError, uuidToBytes, writeUuid } from '../src/uuid-bytes.ts'

t.test('every UUID survives the way to bytes and back', async (t) => {
  fc.assert(fc.property(fc.uuid(), (uuid) => bytesToUuid(uuidToBytes(uuid)) === uuid))
  t.same(
    uuidToBytes('00112233-4455-6677-8899-aabbccddeeff').toString('hex'),
    '00112233445566778899aabbccddeeff',
  )
})

t.test('upper and lower case are the same UUID, and lower case comes back', async (t) => {
  t.equal(
    bytesToUuid(uuidToBytes('00112233-4455-6677-8899-AABBCCDDEEFF')),
    '00112233-4455-6677-8899-aabbccddeeff',
  )
})

t.test('text that is no UUID is refused, whatever it resembles', async (t) => {
  const bad = [
    '',
    '00112233445566778899aabbccddeeff',
    '{00112233-4455-6677-8899-aabbccddeeff}',
    '00112233-4455-6677-8899-aabbccddeef',
    '00112233-4455-6677-8899-aabbccddeefff',
    '00112233-4455-6677-8899-aabbccddeefg',
    '0011223g-4455-6677-8899-aabbccddeeff',
    '0011-22334455-6677-8899-aabbccddeeff',
    '00112233-4455-6677-8899-aabbccddeeff\n',
    '００112233-4455-6677-8899-aabbccddeef',
  ]
  for (const text of bad) t.throws(() => uuidToBytes(text), new UuidError(), JSON.stringify(text))
})

t.test('bytes are written and read at their offset only', async (t) => {
  const bytes = Buffer.alloc(18, 0xee)
  writeUuid('00112233-4455-6677-8899-aabbccddeeff', bytes, 1)
  t.equal(bytes.toString('hex'), 'ee00112233445566778899aabbccddeeffee')
  t.equal(bytesToUuid(bytes, 1), '00112233-4455-6677-8899-aabbccddeeff')
  t.throws(() => bytesToUuid(bytes, 3), new UuidError())
})
