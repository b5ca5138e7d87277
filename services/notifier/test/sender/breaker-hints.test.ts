import { capturedLogger } from '@postern/testkit/captured-logs'
import { manualClock } from '@postern/testkit/manual-clock'
import { until } from '@postern/testkit/poll'
import { testRedis } from '@postern/testkit/redis'
import t, { type Test } from 'tap'
import { openBreakerHints } from '../../src/sender/open-breaker-hints.ts'

const redis = await testRedis(t)

async function process(t: Test, url = redis.url) {
  const clock = manualClock()
  const hints = await openBreakerHints({
    url,
    prefix: `{${t.name}}`,
    clock,
    logger: capturedLogger('x').logger,
  })
  t.teardown(() => hints.close())
  return { ...hints, clock }
}

/** Only Redis says no to a second probe within the second. */
const connected = ({ mayProbe }: Awaited<ReturnType<typeof process>>) =>
  until(async () => !(await mayProbe('connected')), { deadlineMs: 30_000 })

t.test('what one process finds out another knows a second later, and that it is over too', async (t) => {
  const [one, other] = [await process(t), await process(t)]
  await Promise.all([connected(one), connected(other)])
  t.equal(await other.isOpen('ses'), false)
  one.tell('ses', true)
  const seen = (isOpen: boolean) =>
    until(
      async () => {
        other.clock.advance(1_000)
        return (await other.isOpen('ses')) === isOpen
      },
      { deadlineMs: 30_000 },
    )
  await seen(true)
  t.equal(await other.isOpen('another'), false)
  one.tell('ses', false)
  t.equal(await other.isOpen('ses'), true, 'for a second it is remembered')
  await seen(false)
})

t.test('among all processes one may probe a second', async (t) => {
  const [one, other] = [await process(t), await process(t)]
  await Promise.all([connected(one), connected(other)])
  // Who hears nothing from Redis at once probes: on a machine that stood still that may be all of them, for one vendor.
  let vendors = 0
  const isOne = async () => {
    vendors += 1
    const vendor = `ses-${vendors}`
    const asked = await Promise.all([one, other, one, other].map((each) => each.mayProbe(vendor)))
    return asked.filter(Boolean).length === 1
  }
  await until(isOne, { deadlineMs: 30_000, what: 'one who may, of four' })
  t.equal(await other.mayProbe('another'), true)
})

t.test('without Redis nothing is known and nothing is in the way', async (t) => {
  const alone = await process(t, 'redis://127.0.0.1:1')
  alone.tell('ses', false)
  alone.clock.advance(1_000)
  t.equal(await alone.isOpen('ses'), false)
  t.equal(await alone.mayProbe('ses'), true)
})
