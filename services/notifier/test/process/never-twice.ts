// What a real process must not do by any channel, however it is treated: send late, send a third time, lose or double in a
// drain. Where the vendor can be asked what it has, there is no second send either.

import { until } from '@postern/testkit/poll'
import type { Test } from 'tap'
import type { ChannelKit } from '../channel-fixture.ts'
import {
  attemptsOf,
  deliveryState,
  endLease,
  eventsOf,
  givenDelivery,
  type Ids,
} from '../delivery-fixture.ts'
import { endOf, ONE_BY_ONE, type Site, site } from './kill-points.ts'

const queue = async () => undefined

const given = ({ kit, h }: Site) => givenDelivery(h, { channel: kit.name, status: 'pending', dueIn: 0 })

/** Time passes for a delivery that nobody works on: its lease, or its place in the queue, is over. */
const timePasses = ({ h }: Site, ids: Ids) => endLease(h, ids)

async function dieAt(here: Site, point: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const doomed = here.start({ POSTERN_FAILPOINT: `${point}:kill`, ...more })
  const how = await doomed.ended
  if (how !== 'SIGKILL') throw new Error(`ended with ${how}: ${doomed.output()}`)
}

export function neverTwiceSuite(t: Test, kit: ChannelKit): void {
  t.jobs = 2

  void t.test('five workers killed in a row before the attempt: the sixth sends it, once', async (t) => {
    const here = await site(t, queue, kit)
    const ids = await given(here)
    for (let n = 0; n < 5; n += 1) {
      await dieAt(here, 'K5')
      await timePasses(here, ids)
    }
    here.start()
    t.equal(await endOf(here, ids), 'accepted')
    t.equal((await here.vendor.calls(ids)).length, 1)
  })

  void t.test('what was begun by a killed worker is not sent again once it was used', async (t) => {
    const here = await site(t, queue, kit)
    const all = new Map<Ids, string>()
    for (const column of ['consumed_at', 'superseded_at', 'revoked_at']) {
      const ids = await given(here)
      // One at a time: while it dies, the worker may hold no other.
      await dieAt(here, 'K7', ONE_BY_ONE)
      await here.h.admin.query(`UPDATE challenges SET ${column} = now() WHERE id = $1`, [ids.challengeId])
      await here.h.admin.query(`UPDATE deliveries SET status = 'sending', due_at = NULL WHERE id = $1`, [
        ids.deliveryId,
      ])
      all.set(ids, column)
    }
    for (const ids of all.keys()) await timePasses(here, ids)
    here.start()
    for (const [ids, column] of all) {
      t.equal(await endOf(here, ids), 'unknown', column)
      t.equal((await here.vendor.calls(ids)).length, 1, column)
    }
  })

  void t.test('what is out of time when a worker comes is not sent', async (t) => {
    const here = await site(t, queue, kit)
    const ids = await given(here)
    await dieAt(here, 'K5')
    await here.h.admin.query('UPDATE deliveries SET expires_at = now() WHERE id = $1', [ids.deliveryId])
    here.start()
    t.equal(await endOf(here, ids), 'expired')
    t.same(await here.vendor.calls(ids), [])
    t.match(await deliveryState(here.h, ids), { payload: null })
  })

  void t.test('a process stopped over its lease changes nothing when it goes on', async (t) => {
    const here = await site(t, queue, kit)
    await here.vendor.fault({ mode: 'delay', delay_ms: 3_000 })
    const paused = here.start()
    await paused.ready()
    const ids = await given(here)
    await until(async () => (await here.vendor.calls(ids)).length === 1, {
      deadlineMs: 30_000,
      what: 'the first call',
    })
    paused.kill('SIGSTOP')
    await timePasses(here, ids)
    here.start()
    t.equal(await endOf(here, ids), 'accepted')
    const before = [await attemptsOf(here.h, ids), await eventsOf(here.h, ids)]
    const again = [{ outcome: 'unknown', error_code: 'lease_ended' }, { outcome: 'accepted' }]
    t.match(before[0], kit.canLookUp ? [{ outcome: 'accepted' }] : again)
    paused.kill('SIGCONT')
    await until(() => paused.output().includes('another worker took over'), { deadlineMs: 30_000 })
    t.same([await attemptsOf(here.h, ids), await eventsOf(here.h, ids)], before)
    t.equal((await here.vendor.calls(ids)).length, kit.canLookUp ? 1 : 2)
  })

  void t.test(
    'a process that is told to end finishes what it holds: nothing is lost or doubled',
    async (t) => {
      const here = await site(t, queue, kit)
      await here.vendor.fault({ mode: 'delay', delay_ms: 400, times: 60 })
      const [leaving, staying] = [here.start(), here.start()]
      await Promise.all([leaving.ready(), staying.ready()])
      const all = await Promise.all(Array.from({ length: 60 }, () => given(here)))
      const begun = async () => {
        const { rows } = await here.h.admin.query(`SELECT FROM deliveries WHERE status = 'sending'`)
        return rows.length > 5
      }
      await until(begun, { deadlineMs: 30_000, what: 'deliveries under way' })
      leaving.kill('SIGTERM')
      t.equal(await leaving.ended, 0)
      for (const ids of all) {
        t.equal(await endOf(here, ids), 'accepted')
        t.equal((await here.vendor.calls(ids)).length, 1)
      }
    },
  )

  void t.test('workers killed in a row with the request written: never a third call', async (t) => {
    const here = await site(t, queue, kit)
    // Where the vendor could be asked, it lets nobody look: then it is as if it could not.
    if (kit.canLookUp) await here.vendor.fault({ mode: 'status', status: 403, method: 'GET', times: 100 })
    const ids = await given(here)
    for (let n = 0; n < 2; n += 1) {
      await dieAt(here, 'K7')
      await timePasses(here, ids)
    }
    here.start({ POSTERN_FAILPOINT: 'K7:kill' })
    t.equal(await endOf(here, ids), 'unknown')
    t.equal((await here.vendor.calls(ids)).length, 2)
    t.match(await deliveryState(here.h, ids), { payload: null, dueIn: null })
    t.equal((await eventsOf(here.h, ids)).at(-1)?.kind, 'delivery.unknown')
  })
}
