// What holds for any channel when something of ours goes wrong: a database, a payload, a sender. Nothing is sent twice for
// it, nothing is tried for ever, and nothing that went wrong is told with what it was about.

import { randomUUID } from 'node:crypto'
import { capturedLogger } from '@postern/testkit/captured-logs'
import { seal } from '@postern/token/seal'
import type { Test } from 'tap'
import { deliverMessageJob } from '../../src/delivery/deliver-message.job.ts'
import type { AnySender } from '../channel-fixture.ts'
import {
  attemptsOf,
  type DeliveryInput,
  deliveryState,
  eventsOf,
  givenAttempt,
  type Ids,
} from '../delivery-fixture.ts'
import { payloadOf } from '../payload-fixture.ts'
import { FAULTS } from './deliver-sending.ts'
import type { DeliverSite } from './deliver-site.ts'

export function troubleSuite(t: Test, site: DeliverSite): void {
  const { f, kit, vendor, given, deliver, channelOf, comesDue, beforeTrip } = site
  const fail = async () => Promise.reject(new Error('timeout exceeded when trying to connect'))

  t.test('a database that fails before the attempt is not held against the message', async (t) => {
    const ids = await given()
    await t.rejects(deliver(ids, { database: beforeTrip(2, fail) }), /timeout/)
    t.match(await deliveryState(f, ids), { status: 'sending', poisoned: 0 })
    t.same(await vendor.calls(ids), [])
  })

  t.test('a database that is away when the vendor has answered makes no second send', async (t) => {
    const ids = await given()
    const accepted = { kind: 'called', ending: { status: 'accepted' } }
    t.match(await deliver(ids, { database: beforeTrip(3, fail) }), accepted)
    t.match(await deliveryState(f, ids), { status: 'accepted' })
    t.equal((await vendor.calls(ids)).length, 1)
  })

  t.test('a payload that no message can be made of is tried three times, then a dead letter', async (t) => {
    const payload = payloadOf({ channel: kit.name })
    const other = { tenantId: randomUUID(), table: 'deliveries', rowId: randomUUID() }
    const moved = seal(f.sealRing, Buffer.from(JSON.stringify(payload)), other, Buffer.alloc(12, 7)).box
    const cases: readonly (readonly [string, DeliveryInput])[] = [
      ['payload_missing', { payload: null }],
      ['payload_sealed', { payload: Buffer.from('not a box at all, but long enough') }],
      ['payload_sealed', { payload: moved }],
      ['payload_malformed', { payload: { ...payload, v: 2 } }],
      ['payload_malformed', { payload: { ...payload, extra: 1 } }],
      ...kit.malformed.map((input) => ['payload_malformed', input] as const),
      ['template_missing', { template: 'nothing' }],
    ]
    for (const [reason, input] of cases) {
      const what = `${reason} ${JSON.stringify(input)}`
      const ids = await given(input)
      for (const status of ['pending', 'pending', 'dead_letter']) {
        await comesDue(ids)
        t.match(await deliver(ids), { kind: 'poisoned', reason, status }, what)
      }
      t.match(await deliveryState(f, ids), { status: 'dead_letter', leaseIn: null }, what)
      t.same(await attemptsOf(f, ids), [], what)
      t.same(await vendor.calls(ids), [], what)
    }
  })

  t.test('a key that came with a rotation is looked for before the payload is given up', async (t) => {
    const ids = await given()
    await f.admin.query('UPDATE deliveries SET payload_version = 9 WHERE id = $1', [ids.deliveryId])
    let looked = 0
    const refresh = () => {
      looked += 1
    }
    const unsent: AnySender = {
      provider: kit.provider,
      send: async () => ({ kind: 'permanent', code: 'never' }),
    }
    const channel = kit.channel({ ring: f.sealRing, refresh }, [unsent])
    t.match(await deliver(ids, {}, channel), { kind: 'poisoned', reason: 'payload_sealed' })
    t.equal(looked, 1)
  })

  t.test('a sender that throws may have sent, and its error goes nowhere', async (t) => {
    const ids = await given()
    const broken: AnySender = {
      provider: kit.provider,
      send: () => Promise.reject(new Error(`Bearer ${kit.key}`)),
    }
    const unknown = { kind: 'called', ending: { outcome: 'unknown', errorCode: 'sender_failed' } }
    t.match(await deliver(ids, {}, channelOf(broken)), unknown)
    t.notMatch(JSON.stringify([await eventsOf(f, ids), await attemptsOf(f, ids)]), 'canary')
  })

  t.test('a third claim after two perhaps sent calls no vendor', async (t) => {
    const ids = await given({ status: 'sending', leaseIn: -1 })
    await givenAttempt(f, ids, 1, 'unknown')
    await givenAttempt(f, ids, 2, 'started')
    t.match(await deliver(ids), { kind: 'refused', reason: 'attempts_used', ended: 'unknown' })
    t.same(await vendor.calls(ids), [])
    t.same(await vendor.lookUps(ids), [])
  })

  t.test('no key, secret or recipient is in a log line, event or attempt, whatever fails', async (t) => {
    const secrets = { link: 'https://id.example.org/l#canary-link-4711', code: '471147' }
    const to = kit.name === 'email' ? 'canary-address-4711@example.org' : '+447700974711'
    const logs = capturedLogger('notifier')
    const deps = {
      ...site.deps,
      logger: logs.logger,
      deliveryMetrics: { count: () => undefined },
      nudge: () => undefined,
    }
    const handle = deliverMessageJob(deps, site.channel)
    const work = ({ tenantId, deliveryId }: Ids) =>
      handle(
        { tenant_id: tenantId, delivery_id: deliveryId },
        { jobId: 'j', signal: new AbortController().signal },
      )
    const faults = [{ mode: 'delay', delay_ms: 1 }, ...FAULTS.map(([fault]) => fault)]
    for (const fault of faults) {
      const ids = await given({ ...secrets, to })
      await vendor.fault({ ...fault })
      await work(ids)
      await comesDue(ids)
      await work(ids)
      await expectNoCanary(t, ids, logs.text())
    }
    const malformed = { ...payloadOf({ channel: kit.name, ...secrets, to }), extra: 'canary-4711' }
    const poison = await given({ payload: malformed })
    await work(poison)
    await expectNoCanary(t, poison, logs.text())
    t.ok(logs.lines().length >= faults.length, 'there were lines to search')
  })

  async function expectNoCanary(t: Test, ids: Ids, logs: string): Promise<void> {
    const { payload: _, ...state } = await deliveryState(f, ids)
    const told = JSON.stringify([state, await eventsOf(f, ids), await attemptsOf(f, ids)])
    for (const text of [told, logs]) t.notMatch(text, /canary|\b471147\b|447700974711/)
  }
}
