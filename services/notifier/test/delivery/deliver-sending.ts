// What holds for sending by any channel: once, to whom it is for, no longer than it is wanted, and as the vendor answers.

import { systemRandom } from '@postern/service-kit/random'
import type { Test } from 'tap'
import type { AnySender } from '../channel-fixture.ts'
import { attemptsOf, deliveryState, endLease, eventsOf, type Fixture, type Ids } from '../delivery-fixture.ts'
import type { DeliverSite } from './deliver-site.ts'

export const FAULTS: readonly (readonly [object, string, object])[] = [
  [{ mode: 'status', status: 400 }, 'failed', { outcome: 'permanent', error_code: 'http_400' }],
  [{ mode: 'status', status: 413 }, 'failed', { outcome: 'permanent', error_code: 'http_413' }],
  [
    { mode: 'status', status: 401 },
    'pending',
    { outcome: 'retryable', error_code: 'vendor_account_refused' },
  ],
  [{ mode: 'status', status: 429 }, 'pending', { outcome: 'retryable', error_code: 'vendor_rate_limited' }],
  [{ mode: 'status', status: 500 }, 'pending', { outcome: 'unknown', error_code: 'http_500' }],
  [{ mode: 'bad_body', status: 502 }, 'pending', { outcome: 'unknown', error_code: 'http_502' }],
  [{ mode: 'timeout' }, 'pending', { outcome: 'unknown', error_code: 'timeout' }],
  [{ mode: 'reset_before' }, 'pending', { outcome: 'unknown', error_code: 'connection_reset' }],
  [{ mode: 'accept_then_reset' }, 'pending', { outcome: 'unknown', error_code: 'connection_reset' }],
  [{ mode: 'delay', delay_ms: 3_000 }, 'pending', { outcome: 'unknown', error_code: 'timeout' }],
  [{ mode: 'bad_body' }, 'accepted', { outcome: 'accepted', error_code: null }],
]

/** Whole seconds from the end of the last attempt to the next. */
async function waitOf({ admin }: Fixture, { deliveryId }: Ids): Promise<number> {
  const { rows } = await admin.query<{ seconds: number }>(
    `SELECT round(extract(epoch FROM d.due_at - max(a.finished_at)))::int AS seconds
       FROM deliveries d JOIN attempts a ON a.delivery_id = d.id WHERE d.id = $1 GROUP BY d.due_at`,
    [deliveryId],
  )
  return rows[0]?.seconds ?? -1
}

export function sendingSuite(t: Test, site: DeliverSite): void {
  const { f, kit, vendor, given, deliver, channelOf, comesDue, beforeTrip } = site

  t.test('a delivery reaches its one recipient, is told and wiped', async (t) => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const ids = await given({ traceparent })
    t.match(await deliver(ids), { kind: 'called', ending: { status: 'accepted' } })
    t.match(await vendor.calls(ids), [{ accepted: true }])
    t.match(await deliveryState(f, ids), { status: 'accepted', payload: null, dueIn: null, leaseIn: null })
    const events = await eventsOf(f, ids)
    t.match(events, [
      { kind: 'delivery.attempted', outcome: 'success', data: { attempt: 1, provider: kit.provider } },
      { kind: 'delivery.accepted', outcome: 'success', data: { attempt: 1, provider_message_id: /.+/ } },
    ])
    t.ok(events.every((event) => event.traceparent === traceparent && event.actor === 'service:notifier'))
  })

  t.test('a hundred workers racing on one delivery make one vendor call', async (t) => {
    const ids = await given()
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, n) => deliver(ids, { worker: `w${n}` })),
    )
    t.equal(results.filter(({ kind }) => kind === 'called').length, 1)
    t.equal((await vendor.calls(ids)).length, 1)
    t.equal((await attemptsOf(f, ids)).length, 1)
    t.same(
      (await eventsOf(f, ids)).map(({ kind }) => kind),
      ['delivery.attempted', 'delivery.accepted'],
    )
  })

  t.test('what the vendor does wrong decides between failed, later and perhaps', async (t) => {
    for (const [fault, status, attempt] of FAULTS) {
      const what = JSON.stringify(fault)
      const ids = await given()
      await vendor.fault({ ...fault })
      await deliver(ids)
      const state = await deliveryState(f, ids)
      t.equal(state.status, status, what)
      t.match(await attemptsOf(f, ids), [attempt], what)
      t.equal(state.payload === null, status !== 'pending', `${what}: the payload is kept while it is needed`)
      if ('outcome' in attempt && attempt.outcome === 'unknown') {
        t.ok((state.dueIn ?? 0) > 5 && (state.dueIn ?? 0) < 13, `${what}: nothing is sent again before 10 s`)
      }
      const reason = status === 'pending' ? 'not_due' : 'gone'
      t.match(await deliver(ids), { kind: 'refused', reason }, what)
      t.equal((await vendor.calls(ids)).length, 1, what)
    }
  })

  t.test(
    'a vendor that was surely not reached is tried until it is too late, ever more slowly',
    async (t) => {
      const ids = await given()
      const waits: number[] = []
      await vendor.fault({ mode: 'status', status: 403, times: 4 })
      for (let n = 0; n < 4; n += 1) {
        await comesDue(ids)
        await deliver(ids, { random: { ...systemRandom, bytes: (size) => Buffer.alloc(size) } })
        waits.push(await waitOf(f, ids))
      }
      t.same(waits, [1, 2, 4, 8])
      await comesDue(ids)
      t.match(await deliver(ids), { kind: 'called', attempt: { number: 5 }, ending: { status: 'accepted' } })
    },
  )

  t.test('where there are two vendors the second is asked at once, with the same secret', async (t) => {
    const seen: string[] = []
    const vendorOf = (provider: string, accepts: boolean): AnySender => ({
      provider,
      async send({ text }) {
        seen.push(`${provider} ${kit.secretOf(text)}`)
        return accepts ? { kind: 'accepted', providerMessageId: 'x' } : { kind: 'retryable', code: 'down' }
      },
    })
    const ids = await given()
    const both = channelOf(vendorOf('a', false), vendorOf('b', true))
    t.match(await deliver(ids, {}, both), { kind: 'called', ending: { status: 'pending', retryInMs: 0 } })
    t.match(await deliver(ids, {}, both), { kind: 'called', ending: { status: 'accepted' } })
    const secret = kit.name === 'email' ? 'https://id.example.org/l#abc' : '314159'
    t.same(seen, [`a ${secret}`, `b ${secret}`])
  })

  t.test('no vendor is called once the challenge is over, before the claim or after it', async (t) => {
    for (const challenge of ['consumed', 'superseded', 'revoked', 'expired'] as const) {
      const over = await given({ challenge })
      const refused = { kind: 'refused', reason: 'challenge_over', ended: 'cancelled' }
      t.match(await deliver(over), refused, challenge)
      t.same(await vendor.calls(over), [], challenge)
    }
    const ids = await given()
    // The claim is made; before the attempt begins somebody uses what an earlier message held.
    const consume = () =>
      f.admin.query('UPDATE challenges SET consumed_at = now() WHERE id = $1', [ids.challengeId])
    t.match(await deliver(ids, { database: beforeTrip(2, consume) }), { kind: 'stopped' })
    t.same(await vendor.calls(ids), [])
  })

  t.test('a decoy never reaches a vendor', async (t) => {
    const ids = await given({ decoy: true })
    t.match(await deliver(ids), { kind: 'refused', reason: 'decoy', ended: 'suppressed' })
    t.same(await vendor.calls(ids), [])
  })

  t.test('a worker that was paused before its call does not make it', async (t) => {
    const ids = await given()
    let skew = 0
    const clock = { now: () => new Date(Date.now() + skew) }
    const failpoint = (point: string) => {
      if (point === 'K6') skew = 5_000
    }
    t.match(await deliver(ids, { clock, failpoint }), {
      kind: 'called',
      ending: { outcome: 'retryable', errorCode: 'started_too_late', status: 'pending' },
    })
    t.same(await vendor.calls(ids), [])
  })

  t.test('a worker paused over its lease records nothing: the one that took over decides', async (t) => {
    const ids = await given()
    const taken = Promise.withResolvers<void>()
    const paused: AnySender = {
      provider: kit.provider,
      async send() {
        await taken.promise
        return { kind: 'accepted', providerMessageId: 'late' }
      },
    }
    const { promise: calling, resolve: called } = Promise.withResolvers<void>()
    const late = deliver(ids, { failpoint: (point) => point === 'K6' && called() }, channelOf(paused))
    await calling
    await endLease(f, ids)
    t.match(await deliver(ids, { worker: 'w2' }), { kind: 'called', attempt: { number: 2, isLast: true } })
    const before = [await attemptsOf(f, ids), await eventsOf(f, ids)]
    taken.resolve()
    t.match(await late, { kind: 'fenced' })
    t.same([await attemptsOf(f, ids), await eventsOf(f, ids)], before)
    t.match(await deliveryState(f, ids), { status: 'accepted' })
  })
}
