import t from 'tap'
import { claimDelivery } from '../../src/delivery/claim.store.ts'
import type { Claim } from '../../src/delivery/delivery.ts'
import { forgivePoison, recordPoison } from '../../src/delivery/poison.store.ts'
import { deliveryState, endLease, eventsOf, fixture, givenDelivery, type Ids } from '../delivery-fixture.ts'

const f = await fixture(t)

async function claimed(ids: Ids): Promise<Claim> {
  await f.admin.query('UPDATE deliveries SET due_at = now() WHERE id = $1', [ids.deliveryId])
  const answer = await claimDelivery(f.run(ids.tenantId), { ...ids, worker: 'w1' })
  if (answer.kind !== 'claimed') throw new Error(`not claimed: ${answer.reason}`)
  return answer.claim
}
const poison = (claim: Claim) => recordPoison(f.run(claim.tenantId), claim, 'template_failed')

t.test(
  'a message that cannot be made is tried three times, then it is a dead letter that keeps its payload until its expiry',
  async (t) => {
    const ids = await givenDelivery(f)
    for (const tries of [1, 2]) {
      t.equal(await poison(await claimed(ids)), 'pending')
      const state = await deliveryState(f, ids)
      t.match(state, { status: 'pending', poisoned: tries, leaseIn: null })
      t.not(state.payload, null)
      t.ok((state.dueIn ?? 0) > 1 && (state.dueIn ?? 0) < 10)
    }
    t.equal(await poison(await claimed(ids)), 'dead_letter')
    const dead = await deliveryState(f, ids)
    t.match(dead, { status: 'dead_letter', leaseIn: null })
    t.not(dead.payload, null)
    t.ok((dead.dueIn ?? 0) > 500, 'the relay looks again at its expiry')
    t.match(await eventsOf(f, ids), [
      { kind: 'delivery.deferred', reason: 'template_failed', data: { tries: 1 } },
      { kind: 'delivery.deferred', reason: 'template_failed', data: { tries: 2 } },
      { kind: 'delivery.dead_letter', reason: 'template_failed', outcome: 'failed', data: { tries: 3 } },
    ])
  },
)

t.test('a worker that was away while another took over gives nothing back', async (t) => {
  const ids = await givenDelivery(f)
  const late = await claimed(ids)
  await endLease(f, ids)
  const next = await claimed(ids)
  t.equal(await poison(late), null)
  t.match(await deliveryState(f, ids), { status: 'sending', fence: next.fence })
  t.same(await eventsOf(f, ids), [])
})

t.test('a delivery that was cancelled meanwhile is not brought back', async (t) => {
  const ids = await givenDelivery(f)
  const claim = await claimed(ids)
  await f.admin.query(`UPDATE deliveries SET status = 'cancelled', payload = NULL WHERE id = $1`, [
    ids.deliveryId,
  ])
  t.equal(await poison(claim), null)
  await forgivePoison(f.run(ids.tenantId), claim)
  t.match(await deliveryState(f, ids), { status: 'cancelled', poisoned: 1 })
})
