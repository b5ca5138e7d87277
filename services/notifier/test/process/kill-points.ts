// What must hold when a worker is killed at any of its kill points, whatever queue it works: two processes of the real
// main on one database, of which one dies.

import { until } from '@postern/testkit/poll'
import type { TestScope } from '@postern/testkit/postgres'
import type { Test } from 'tap'
import { type ChannelKit, EMAIL, TWILIO_ACCOUNT } from '../channel-fixture.ts'
import { attemptsOf, deliveryState, eventsOf, givenDelivery, type Ids } from '../delivery-fixture.ts'
import { type House, house, type RunningNotifier, startNotifier } from '../process-fixture.ts'
import { type Vendor, vendorDouble } from '../vendor-fixture.ts'

/** Gives each test a queue: undefined is the one on its own database. */
export type QueueUrl = (t: TestScope) => Promise<string | undefined>

export interface Site {
  readonly kit: ChannelKit
  readonly h: House
  readonly vendor: Vendor
  start(settings?: Readonly<Record<string, string>>): RunningNotifier
}

export async function site(t: TestScope, queueUrl: QueueUrl, kit: ChannelKit = EMAIL): Promise<Site> {
  const vendor = await vendorDouble(t, kit.provider)
  const h = await house(t, await queueUrl(t))
  const { origin } = new URL(vendor.url)
  const vendors = {
    POSTERN_SENDGRID_URL: `${origin}/sendgrid`,
    POSTERN_TWILIO_URL: `${origin}/twilio`,
    POSTERN_TWILIO_ACCOUNT_SID: TWILIO_ACCOUNT,
    POSTERN_SMS_FROM: 'Acme',
  }
  return { kit, h, vendor, start: (settings = {}) => startNotifier(t, h, { ...vendors, ...settings }) }
}

const ENDED = ['accepted', 'failed', 'expired', 'cancelled', 'unknown', 'dead_letter']

export async function endOf({ h }: Pick<Site, 'h'>, ids: Ids, deadlineMs = 90_000): Promise<string> {
  const what = `the end of delivery ${ids.deliveryId}`
  return until(
    async () => {
      const { status } = await deliveryState(h, ids)
      return ENDED.includes(status) && status
    },
    { deadlineMs, what },
  )
}

/** By kill point: calls of all deliveries beyond one each, when another worker finishes what the killed one began. */
function doubledAt({ canLookUp }: ChannelKit): Readonly<Record<string, number>> {
  const lost = canLookUp ? 0 : 1
  return { K5: 0, K6: 0, K7: lost, K8: lost, K9: 0 }
}

export function killPointSuite(t: Test, queueUrl: QueueUrl, kit = EMAIL): void {
  t.jobs = 3
  for (const [point, doubled] of Object.entries(doubledAt(kit))) {
    void t.test(
      `a worker killed at ${point}: another ends it after its lease, ${doubled} doubled`,
      async (t) => {
        const here = await site(t, queueUrl, kit)
        const all = await feedUntilDead(here, point)
        const diedAt = performance.now()
        const ends = await Promise.all(all.map((ids) => endOf(here, ids)))
        const seconds = (performance.now() - diedAt) / 1_000
        t.ok(
          ends.every((status) => status === 'accepted'),
          ends.join(),
        )
        // Ten seconds, and the relay's look; a busy machine has five times that. Nothing but the lease is as quick.
        t.ok(seconds < 75, `${seconds.toFixed(1)} s after the death`)
        t.comment(`${seconds.toFixed(1)} s after the death`)
        let calls = 0
        for (const ids of all) calls += await expectTold(t, here, ids)
        t.equal(calls, all.length + doubled, 'vendor calls')
        const messages = (
          await Promise.all([...new Set(all.map(({ to }) => to))].map(here.vendor.inbox))
        ).flat()
        t.equal(messages.length, calls)
        const secret = kit.name === 'email' ? 'https://id.example.org/l#abc' : '314159'
        t.ok(messages.every(({ text }) => kit.secretOf(text) === secret))
      },
    )
  }
}

export const ONE_BY_ONE = {
  POSTERN_NOTIFIER_EMAIL_CONCURRENCY: '1',
  POSTERN_NOTIFIER_SMS_CONCURRENCY: '1',
}

/** Gives two workers work until the one with the failpoint took some and died. Answers all of the work. */
async function feedUntilDead({ kit, h, start }: Site, point: string): Promise<Ids[]> {
  const doomed = start({ POSTERN_FAILPOINT: `${point}:kill`, ...ONE_BY_ONE })
  const other = start(ONE_BY_ONE)
  await Promise.all([doomed.ready(), other.ready()])
  let how: number | string | undefined
  void doomed.ended.then((seen) => {
    how = seen
  })
  const all: Ids[] = []
  const feed = async () => {
    if (how === undefined)
      all.push(await givenDelivery(h, { channel: kit.name, status: 'pending', dueIn: 0 }))
    return how
  }
  await until(feed, { deadlineMs: 60_000, everyMs: 200, what: `a death at ${point}` })
  if (how !== 'SIGKILL') throw new Error(`ended with ${how}: ${doomed.output()}`)
  return all
}

/** Checks one delivery's attempts and events; answers how many vendor calls it took. */
async function expectTold(t: Test, { h, vendor }: Site, ids: Ids): Promise<number> {
  const calls = (await vendor.calls(ids)).length
  const attempts = await attemptsOf(h, ids)
  const kinds = (await eventsOf(h, ids)).map(({ kind }) => kind)
  const count = (kind: string) => kinds.filter((other) => other === kind).length
  const { payload } = await deliveryState(h, ids)
  const isRight =
    calls <= 2 &&
    attempts.length <= 2 &&
    attempts.filter(({ outcome }) => outcome === 'accepted').length === 1 &&
    count('delivery.attempted') === attempts.length &&
    count('delivery.accepted') === 1 &&
    payload === null
  t.ok(isRight, JSON.stringify({ calls, attempts, kinds }))
  return calls
}
