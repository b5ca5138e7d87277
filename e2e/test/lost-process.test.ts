// Processes die, and Postgres dies below them: what a worker held is finished by another, what was promised is kept, and
// nobody has to be started again.

import { until } from '@postern/testkit/poll'
import t, { type Test } from 'tap'
import { one } from '../src/admin-database.ts'
import { type Parts, takeApart } from '../src/parts.ts'
import { freshEmail, tokenIn } from '../src/postern.client.ts'
import { expectAway, expectRecovered, losePostgres } from '../src/postgres-outage.ts'
import { expectOnce, type Promised, promise, untilAll } from '../src/promised.ts'
import type { SingleProcess } from '../src/single-process.ts'

/** A lease of 10 s, and the relay; five times that on a busy machine. Nothing but the lease is as quick. */
const TAKEN_OVER_MS = 75_000
const SERVICES = ['gateway', 'notifier', 'audit'] as const

t.test('processes are lost', async (t) => {
  const parts = await takeApart(t)
  await parts.start('sandbox', 'gateway', 'audit')
  await Promise.all([parts.service('sandbox').ready(), parts.service('gateway').ready()])
  await t.test(
    'what a killed or frozen notifier held is sent by another after its lease; the late one is fenced',
    (t) => losesWorkers(t, parts),
  )
  await parts.start('notifier')
  await t.test('Postgres is killed while all runs: clean refusals, no second intent, all mails', (t) =>
    losePostgres(t, parts),
  )
  await t.test('Postgres is down when the services start: they work when it is there', (t) =>
    startsWithout(t, parts),
  )
})

async function losesWorkers(t: Test, parts: Parts) {
  const three = await Promise.all([1, 2, 3].map(() => parts.startAnother('notifier')))
  await Promise.all(three.map((notifier) => notifier.ready()))
  await parts.client.fault({ mode: 'timeout', times: 1 })
  const lost = await held(parts, three)
  await lost.by.end('SIGKILL')
  const diedAt = performance.now()
  await parts.client.fault({ mode: 'delay', delay_ms: 2_000, times: 1 })
  const late = await held(parts, three)
  late.by.freeze()
  const frozenAt = performance.now()

  const other = three.filter((notifier) => notifier !== lost.by && notifier !== late.by)
  t.equal(other.length, 1, 'one is left')
  await sentAgain(t, parts, lost.link, TAKEN_OVER_MS - (performance.now() - diedAt))
  await sentAgain(t, parts, late.link, TAKEN_OVER_MS - (performance.now() - frozenAt))
  await untilAll(parts, [lost.link, late.link], 'accepted')
  const before = await rowsOf(parts, late.link)
  late.by.thaw()
  const fenced = () => late.by.log().includes('another worker took over')
  await until(fenced, { deadlineMs: 30_000, what: 'the late one’s word' })
  t.same(await rowsOf(parts, late.link), before, 'the late answer changes nothing')
  const [token, ...more] = (await parts.client.mails(late.link.email)).map(tokenIn)
  t.same(more, [token], 'both mails carry the same link')
  t.equal((await parts.client.verify(token ?? '')).status, 200)
  await Promise.all(three.map((notifier) => notifier.end('SIGKILL')))
}

interface Held {
  readonly link: Promised
  readonly by: SingleProcess
}

/** A delivery whose vendor call is open, and the notifier that made the call. */
async function held(parts: Parts, notifiers: readonly SingleProcess[]): Promise<Held> {
  const [link] = await promise(parts, 1)
  if (link === undefined) throw new Error('nothing was promised')
  const called = async () => (await parts.client.vendorCalls(link.deliveryId)).length === 1
  await until(called, { deadlineMs: 30_000, what: 'a vendor call' })
  const { worker } =
    (await one<{ worker: string }>(parts.admin, 'SELECT worker FROM deliveries WHERE id = $1', [
      link.deliveryId,
    ])) ?? {}
  const by = notifiers.find(({ pid }) => worker?.endsWith(`:${pid}`))
  if (by === undefined) throw new Error(`held by ${worker}`)
  return { link, by }
}

async function sentAgain(t: Test, { client }: Parts, link: Promised, deadlineMs: number): Promise<void> {
  const again = async () => (await client.vendorCalls(link.deliveryId)).length > 1
  await until(again, { deadlineMs, everyMs: 50, what: 'the other notifier’s call' })
  const calls = await client.vendorCalls(link.deliveryId)
  t.equal(calls.length, 2, 'and not more')
  t.equal(calls[1]?.accepted, true)
}

/** All that is known of a delivery and its attempts. */
async function rowsOf({ admin }: Parts, { deliveryId }: Promised): Promise<unknown> {
  const text = `
    SELECT d.*, (SELECT jsonb_agg(a ORDER BY a.number) FROM attempts a WHERE a.delivery_id = d.id) AS attempts
      FROM deliveries d WHERE d.id = $1`
  return one(admin, text, [deliveryId])
}

async function startsWithout(t: Test, parts: Parts) {
  const { client, postgres } = parts
  await Promise.all(SERVICES.map((name) => parts.service(name).end('SIGTERM')))
  await postgres.kill()
  await parts.start(...SERVICES)
  await Promise.all(SERVICES.map((name) => parts.service(name).listening()))
  for (const name of SERVICES) t.equal(await parts.service(name).readiness(), 503, name)
  expectAway(t, await client.ask(freshEmail()))
  await postgres.start()
  await expectRecovered(t, parts, performance.now())
  const links = await promise(parts, 3)
  await expectOnce(t, parts, { links, deadlineMs: 60_000 })
  const [link] = links
  t.equal((await client.verify(tokenIn(await client.mail(link?.email ?? '')))).status, 200)
}
