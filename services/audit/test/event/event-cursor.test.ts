// A cursor is a place in the trail and nothing else: every place has exactly one, and no other text is one.

import fc from 'fast-check'
import t from 'tap'
import { readCursor, writeCursor } from '../../src/event/event-cursor.ts'

const micros = fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n })

t.test('what was written is read again', (t) => {
  const holds = fc.property(micros, fc.uuid(), (occurredMicros, id) => {
    const cursor = writeCursor({ occurredMicros, id })
    const read = readCursor(cursor)
    return /^[A-Za-z0-9_-]{32}$/.test(cursor) && read?.occurredMicros === occurredMicros && read.id === id
  })
  t.doesNotThrow(() => fc.assert(holds, { numRuns: 1_000 }))
  t.end()
})

t.test('every text that is read is the one that its place is written as', (t) => {
  const holds = fc.property(fc.uint8Array({ minLength: 24, maxLength: 24 }), (bytes) => {
    // Most random times lie outside of the calendar: half of the tries are moved into it.
    if ((bytes[23] ?? 0) % 2 === 0) bytes.set([0, 6], 0)
    const text = Buffer.from(bytes).toString('base64url')
    const place = readCursor(text)
    return place === null || writeCursor(place) === text
  })
  t.doesNotThrow(() => fc.assert(holds, { numRuns: 1_000 }))
  t.end()
})

t.test('any other text is no cursor', (t) => {
  const good = writeCursor({
    occurredMicros: 1_763_000_000_000_000n,
    id: '0198a000-0000-7000-8000-00000000000a',
  })
  const farthest = Buffer.alloc(24, 0xff)
  farthest[0] = 0x7f
  const others = [
    '',
    ' ',
    good.slice(1),
    `${good}A`,
    `${good}=`,
    ` ${good}`,
    `${good}\n`,
    `${good.slice(0, 31)}+`,
  ]
  for (const text of [...others, 'null', '{}', farthest.toString('base64url')]) {
    t.equal(readCursor(text), null, JSON.stringify(text))
  }
  const holds = fc.property(fc.string(), (text) => readCursor(text) === null)
  t.doesNotThrow(() => fc.assert(holds, { numRuns: 1_000 }))
  t.end()
})
