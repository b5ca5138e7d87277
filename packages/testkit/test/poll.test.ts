import t from 'tap'
import { until } from '../src/poll.ts'

t.test('what was awaited comes back as soon as it is there', async (t) => {
  let calls = 0
  t.equal(
    await until(() => (++calls >= 3 ? `call ${calls}` : null), { deadlineMs: 5_000, everyMs: 1 }),
    'call 3',
  )
})

t.test('an error counts as not yet', async (t) => {
  let calls = 0
  const probe = () => {
    calls += 1
    if (calls < 3) throw new Error('too early')
    return true
  }
  t.equal(await until(probe, { deadlineMs: 5_000, everyMs: 1 }), true)
})

t.test('after the deadline it fails with what was awaited and seen last', async (t) => {
  await t.rejects(
    until(() => 0, { deadlineMs: 5, everyMs: 1, what: 'the mail' }),
    {
      name: 'DeadlineError',
      message: 'the mail was not seen within 5 ms; last 0',
    },
  )
  const broken = () => Promise.reject(new Error('refused'))
  await t.rejects(until(broken, { deadlineMs: 5, everyMs: 1 }), { message: /last error: refused$/ })
})

t.test('the longer it waits the less often it looks', async (t) => {
  const at: number[] = []
  const began = performance.now()
  const looks = () => {
    at.push(performance.now() - began)
    return performance.now() - began > 600
  }
  await until(looks, { deadlineMs: 30_000 })
  for (const [nth, ms] of at.entries()) {
    const before = at[nth - 1]
    if (before !== undefined)
      t.ok(ms - before >= Math.min(before / 10, 200) - 2, `${before} ms, then ${ms} ms`)
  }
  t.ok(at.length < 60, `${at.length} looks; one each 5 ms would be 120`)
})
