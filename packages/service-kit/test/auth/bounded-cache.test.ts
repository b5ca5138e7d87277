import t from 'tap'
import { BoundedCache } from '../../src/auth/bounded-cache.ts'

t.test('an entry lives for its time and no longer', async (t) => {
  const cache = new BoundedCache<string>(10, 1_000)
  cache.set('a', 'x', 0)
  t.equal(cache.get('a', 999), 'x')
  t.equal(cache.get('a', 1_000), undefined)
  t.equal(cache.size, 0, 'and leaves no trace')
})

t.test('a clock that is set back ends an entry', async (t) => {
  const cache = new BoundedCache<string>(10, 1_000)
  cache.set('a', 'x', 5_000)
  t.equal(cache.get('a', 4_999), undefined)
})

t.test('it never holds more than its bound; the oldest gives way', async (t) => {
  const cache = new BoundedCache<number>(3, 1_000)
  for (let at = 0; at < 100; at++) cache.set(`k${at}`, at, 0)
  t.equal(cache.size, 3)
  t.same(
    [96, 97, 98, 99].map((at) => cache.get(`k${at}`, 0)),
    [undefined, 97, 98, 99],
  )
  cache.set('k97', 1, 0)
  cache.set('k100', 1, 0)
  t.equal(cache.get('k97', 0), 1, 'storing again makes young')
})

t.test('matching entries are dropped', async (t) => {
  const cache = new BoundedCache<number>(10, 1_000)
  for (let at = 0; at < 6; at++) cache.set(`k${at}`, at, 0)
  cache.deleteWhere((value) => value % 2 === 0)
  t.equal(cache.size, 3)
  cache.clear()
  t.equal(cache.size, 0)
})
