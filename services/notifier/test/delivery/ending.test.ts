import fc from 'fast-check'
import t from 'tap'
import { type Circumstances, endingOf } from '../../src/delivery/ending.ts'
import type { SendOutcome } from '../../src/sender/sender.ts'

const calm: Circumstances = { isLast: false, refusals: 0, hasAnother: false, leftMs: 600_000, chance: 0 }
const code = 'some_code'

t.test('accepted and permanent end the delivery, whatever else', async (t) => {
  const accepted = endingOf(
    { kind: 'accepted', providerMessageId: 'm' },
    { ...calm, isLast: true, hasAnother: true },
  )
  t.same(accepted, {
    outcome: 'accepted',
    status: 'accepted',
    errorCode: null,
    providerMessageId: 'm',
    retryInMs: null,
  })
  t.match(endingOf({ kind: 'permanent', code }, { ...calm, hasAnother: true }), {
    status: 'failed',
    errorCode: code,
    retryInMs: null,
  })
})

t.test('unknown is sent once more, not before ten seconds, and then never again', async (t) => {
  const first = endingOf({ kind: 'unknown', code }, { ...calm, chance: 0.999 })
  t.equal(first.status, 'pending')
  t.ok((first.retryInMs ?? 0) >= 10_000 && (first.retryInMs ?? 0) < 12_000)
  t.equal(endingOf({ kind: 'unknown', code }, { ...calm, hasAnother: true }).retryInMs, 10_000)
  t.match(endingOf({ kind: 'unknown', code }, { ...calm, isLast: true }), {
    status: 'unknown',
    retryInMs: null,
  })
})

t.test('a vendor that says it failed is not waited for when another can be asked', async (t) => {
  const failed: SendOutcome = { kind: 'unknown', code, answered: true }
  t.match(endingOf(failed, { ...calm, hasAnother: true }), { status: 'pending', retryInMs: 0 })
  t.equal(endingOf(failed, calm).retryInMs, 10_000)
  t.match(endingOf(failed, { ...calm, hasAnother: true, isLast: true }), {
    status: 'unknown',
    retryInMs: null,
  })
})

t.test('a refusal by one vendor does not wait when another can be asked', async (t) => {
  const ending = endingOf({ kind: 'retryable', code, afterMs: 60_000 }, { ...calm, hasAnother: true })
  t.match(ending, { status: 'pending', retryInMs: 0 })
})

t.test('retries wait 1 s, 2 s, 4 s … to 30 s, and as much again at random', async (t) => {
  const waits = (chance: number) =>
    Array.from({ length: 8 }, (_, refusals) => retry({ ...calm, refusals, chance }).retryInMs)
  t.same(waits(0), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  t.same(waits(0.5), [1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000, 45_000])
})

t.test('a retry falls before the end, but never before the vendor wants it', async (t) => {
  t.equal(retry({ ...calm, refusals: 6, leftMs: 20_000 }).retryInMs, 15_000)
  t.equal(retry(calm, 120_000).retryInMs, 120_000)
  t.equal(retry({ ...calm, refusals: 6, leftMs: 20_000 }, 25_000).retryInMs, 25_000)
})

t.test('no wait is negative, without end, or shorter than the vendor asked for', async () => {
  fc.assert(
    fc.property(
      fc.nat(1_000),
      fc.integer({ min: -10_000, max: 900_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.nat(4_000_000),
      (refusals, leftMs, chance, afterMs) => {
        const { retryInMs } = retry({ ...calm, refusals, leftMs, chance }, afterMs)
        return (
          retryInMs !== null &&
          retryInMs >= Math.max(1_000, afterMs) &&
          retryInMs <= Math.max(60_000, afterMs)
        )
      },
    ),
  )
})

function retry(circumstances: Circumstances, afterMs?: number) {
  const outcome: SendOutcome = { kind: 'retryable', code, ...(afterMs !== undefined && { afterMs }) }
  return endingOf(outcome, circumstances)
}
