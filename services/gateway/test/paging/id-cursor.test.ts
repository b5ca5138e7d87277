// A cursor leads back to its place and to no other; nothing else is taken for one.

import { AppError } from '@postern/service-kit/app-error'
import fc from 'fast-check'
import t from 'tap'
import { pageOf, readCursor, writeCursor } from '../../src/paging/id-cursor.ts'

const codeOf = (text: string) => {
  try {
    return readCursor(text)
  } catch (error) {
    return error instanceof AppError ? error.code : error
  }
}

t.test('each id has one cursor, which does not show it and leads back to it', async () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      const cursor = writeCursor(id)
      return readCursor(cursor) === id && /^[A-Za-z0-9_-]{22}$/.test(cursor) && cursor !== id
    }),
  )
})

t.test('any other text is refused, however near', async (t) => {
  const cursor = writeCursor('01a1fcb0-c760-7727-9ad4-25cd87933ee3')
  const near = [
    '',
    cursor.slice(1),
    `${cursor}A`,
    `${cursor}=`,
    ` ${cursor.slice(1)}`,
    `${cursor.slice(0, 21)}x`,
    `+${cursor.slice(1)}`,
    '01a1fcb0-c760-7727-9ad4-25cd87933ee3',
  ]
  for (const text of near) t.equal(codeOf(text), 'VALIDATION_FAILED', text)
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      const read = codeOf(text)
      return read === 'VALIDATION_FAILED' || writeCursor(String(read)) === text
    }),
  )
})

t.test('a page tells of another one only where there is one', async (t) => {
  const ids = ['01a1fcb0-c760-7727-9ad4-25cd87933ee3', '01a1fcb0-c760-7727-9ad4-25cd87933ee2']
  const [first, second] = ids.map((id) => ({ id }))
  t.same(
    pageOf(
      [first, second].filter((one) => one !== undefined),
      1,
    ),
    {
      items: [first],
      next_cursor: writeCursor(ids[0] ?? ''),
    },
  )
  t.same(pageOf(first ? [first] : [], 1), { items: [first], next_cursor: null })
  t.same(pageOf([], 1), { items: [], next_cursor: null })
})
