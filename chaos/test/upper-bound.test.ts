// The bound that a run prints is the textbook's.

import t from 'tap'
import { upperBound } from '../src/upper-bound.ts'

const near = (a: number, b: number) => Math.abs(a - b) < 1e-4

t.test('without a failure it is the rule of three, exact', async (t) => {
  for (const n of [1, 10, 40, 300, 10_000]) t.ok(near(upperBound(0, n), 1 - 0.05 ** (1 / n)), String(n))
  t.ok(Math.abs(upperBound(0, 300) - 3 / 300) < 1e-4)
})

t.test('with failures it is that of Clopper and Pearson', async (t) => {
  // One-sided 95 %: R’s binom.test(x, n, alternative = "less")$conf.int
  t.ok(near(upperBound(1, 10), 0.3942), String(upperBound(1, 10)))
  t.ok(near(upperBound(2, 50), 0.1206), String(upperBound(2, 50)))
  t.ok(near(upperBound(5, 100), 0.1023), String(upperBound(5, 100)))
})

t.test('nothing tried proves nothing, and all failed is all', async (t) => {
  t.equal(upperBound(0, 0), 1)
  t.equal(upperBound(7, 7), 1)
})
