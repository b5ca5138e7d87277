import { mock } from 'node:test'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { SendOutcome } from '../../src/sender/sender.ts'
import { type Breaker, createBreaker } from '../../src/sender/vendor-breaker.ts'

const WELL: SendOutcome = { kind: 'accepted', providerMessageId: null }
const DOWN: SendOutcome = { kind: 'retryable', code: 'http_503' }

/** The library's clock is Date's: here it stands still until it is moved. */
function clock(t: Test) {
  mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
  t.teardown(() => mock.timers.reset())
  return (ms: number) => mock.timers.setTime(Date.now() + ms)
}

/** Lets what was settled be counted. */
const counted = () => new Promise((resolve) => setImmediate(resolve))

/** One call; false: it was not let through. */
async function ask(breaker: Breaker, outcome: SendOutcome): Promise<boolean> {
  const pass = breaker.enter()
  pass?.settle(outcome)
  await counted()
  return pass !== null
}

async function opened(): Promise<Breaker> {
  const breaker = createBreaker()
  for (let n = 0; n < 20 && breaker.isClosed; n += 1) await ask(breaker, DOWN)
  return breaker
}

t.test('a vendor that fails each second call is left alone within twenty calls, at any pace', async (t) => {
  const pass = clock(t)
  for (const everyMs of [0, 10, 500, 1_000, 5_000, 60_000]) {
    const breaker = createBreaker()
    let calls = 0
    while (breaker.isClosed && calls < 100) {
      await ask(breaker, calls % 2 === 0 ? DOWN : WELL)
      calls += 1
      pass(everyMs)
    }
    t.ok(calls <= 20, `${calls} calls, one each ${everyMs} ms`)
  }
})

t.test('one that fails each tenth call is called on', async (t) => {
  const pass = clock(t)
  const breaker = createBreaker()
  for (let n = 0; n < 200; n += 1) {
    t.ok(await ask(breaker, n % 10 === 9 ? DOWN : WELL))
    pass(100)
  }
})

t.test('while it is open one call a second at most goes through, however many want to', async (t) => {
  const pass = clock(t)
  const breaker = await opened()
  const through: number[] = []
  for (let ms = 0; ms < 60_000; ms += 50) {
    for (let n = 0; n < 5; n += 1) if (await ask(breaker, DOWN)) through.push(ms)
    pass(50)
  }
  t.ok(through.length >= 5, `${through.length} probes in a minute`)
  for (const [at, ms] of through.entries())
    t.ok(at === 0 || ms - (through[at - 1] ?? 0) >= 1_000, `a second before the one at ${ms}`)
})

t.test('nobody waits for a probe that is still out; when it succeeds everybody may call again', async (t) => {
  const pass = clock(t)
  const breaker = await opened()
  pass(1_000)
  const probe = breaker.enter()
  t.equal(probe?.isProbe, true)
  t.equal(breaker.enter(), null)
  t.equal(breaker.isClosed, false)
  probe?.settle(WELL)
  await counted()
  t.ok(breaker.isClosed)
  t.equal(breaker.enter()?.isProbe, false)
})

t.test('a probe that was not made, or says nothing of the vendor, leaves it open', async (t) => {
  const pass = clock(t)
  for (const end of [
    (probe: ReturnType<Breaker['enter']>) => probe?.leave(),
    (probe: ReturnType<Breaker['enter']>) => probe?.settle({ kind: 'retryable', code: 'started_too_late' }),
  ]) {
    const breaker = await opened()
    pass(1_000)
    end(breaker.enter())
    await counted()
    t.equal(breaker.isClosed, false)
    pass(10_000)
    t.equal(breaker.enter()?.isProbe, true, 'and another is made in time')
  }
})

t.test('only the vendor’s faults count: no bad recipient, and nothing of ours', async (t) => {
  clock(t)
  const ours: readonly SendOutcome[] = [
    { kind: 'permanent', code: 'http_400' },
    { kind: 'permanent', code: 'recipient_opted_out' },
    { kind: 'retryable', code: 'started_too_late' },
  ]
  for (const outcome of ours) {
    const breaker = createBreaker()
    for (let n = 0; n < 50; n += 1) await ask(breaker, outcome)
    t.ok(breaker.isClosed, outcome.kind)
  }
  const vendors: readonly SendOutcome[] = [
    { kind: 'retryable', code: 'vendor_account_refused' },
    { kind: 'retryable', code: 'vendor_rate_limited' },
    { kind: 'retryable', code: 'connection_refused' },
    { kind: 'unknown', code: 'timeout' },
    { kind: 'unknown', code: 'http_500', answered: true },
  ]
  for (const outcome of vendors) {
    const breaker = createBreaker()
    for (let n = 0; n < 20; n += 1) await ask(breaker, outcome)
    t.notOk(breaker.isClosed, 'code' in outcome ? outcome.code : outcome.kind)
  }
})

t.test('whatever happens, it is never stuck: after a while a call gets through again', async (t) => {
  const pass = clock(t)
  const steps = fc.array(
    fc.record({ ms: fc.nat(3_000), end: fc.constantFrom('down', 'well', 'leave', 'settle twice') }),
    { maxLength: 60 },
  )
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const breaker = createBreaker()
      for (const { ms, end } of all) {
        const entered = breaker.enter()
        if (end === 'leave') entered?.leave()
        else entered?.settle(end === 'down' ? DOWN : WELL)
        if (end === 'settle twice') entered?.leave()
        await counted()
        pass(ms)
      }
      pass(8_000)
      return breaker.enter() !== null
    }),
    { numRuns: 60 },
  )
})
