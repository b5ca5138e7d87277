// What a vendor took and no receipt told of: turned back for another vendor at most once, and never when it is over. What
// is held longer than anybody may need it is wiped.

import { testDatabase } from '@postern/testkit/postgres'
import t from 'tap'
import type { GatewayDatabase } from '../src/databases/gateway.database.ts'
import { relayStore } from '../src/relay.store.ts'
import { connect, open, openWarm, type TestScope } from './fixtures/connect.ts'
import { A, addAttempt, addDelivery, type DeliveryRow, takeEvents } from './fixtures/rows.ts'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

async function setup(t: TestScope) {
  const urls = await testDatabase(t)
  const admin = await connect(t, urls.adminUrl)
  const relay = relayStore(open<GatewayDatabase>(t, urls.gatewayUrl).db)
  const look = async (id: string) =>
    (
      await admin.query(
        `SELECT status, payload IS NULL AS wiped, due_at IS NULL AS rests, due_at <= now() AS due,
                again_since IS NOT NULL AS again FROM deliveries WHERE id = $1`,
        [id],
      )
    ).rows[0]
  /** One that a vendor took, and whose wait is over. */
  const taken = async (row: DeliveryRow = {}) => {
    const id = await addDelivery(admin, { status: 'accepted', due: -1, ...row })
    await addAttempt(admin, id, 'accepted')
    return id
  }
  /** `over`: the column that says why it is; none: it lives. */
  const challenge = async (deliveryId: string, over?: string) => {
    await admin.query(
      `INSERT INTO challenges (tenant_id, id, kind, purpose, identifier_kind, identity_key, address, digest, key_version,
         redirect_url, delivery_id, limit_key, identifier_digest, decoy, metadata, due_at, expires_at)
       VALUES ($1, $2, 'magic_link', 'sign_in', 'email', 'x', 'x', decode(repeat('00', 32), 'hex'), 1, 'https://x.test/',
         $2, 'x', 'x', false, '{}', now(), now() + interval '10 minutes')`,
      [A, deliveryId],
    )
    if (over) await admin.query(`UPDATE challenges SET ${over} = now() WHERE id = $1`, [deliveryId])
    await admin.query('UPDATE deliveries SET challenge_id = $1 WHERE id = $1', [deliveryId])
  }
  return { urls, admin, relay, look, taken, challenge }
}

const AGAIN = { status: 'pending', wiped: false, due: true, again: true }
const OVER = { status: 'accepted', wiped: true, rests: true, again: false }

t.test('one whose receipt did not come in time is due again, and it is told once', async (t) => {
  const { admin, relay, look, taken, challenge } = await setup(t)
  const own = await taken({ traceparent: TRACE })
  const linked = await taken()
  await challenge(linked)
  const waiting = await taken({ due: 30 })
  t.equal(await relay.reviewHeld(100), 2)
  t.match(await look(own), AGAIN)
  t.match(await look(linked), AGAIN)
  t.match(await look(waiting), { status: 'accepted', wiped: false, again: false })
  const told = await takeEvents(admin)
  t.same(told.map(({ subject }) => subject).sort(), [`delivery:${own}`, `delivery:${linked}`].sort())
  t.match(
    told.find(({ subject }) => subject === `delivery:${own}`),
    {
      kind: 'delivery.deferred',
      actor: 'service:relay',
      outcome: 'failed',
      reason: 'no_receipt',
      traceparent: TRACE,
    },
  )
  t.equal(await relay.reviewHeld(100), 0)
  t.same((await relay.claimDue(10)).map(({ deliveryId }) => deliveryId).sort(), [own, linked].sort())
})

t.test('what is over by then stays with the vendor that took it, and nothing is held of it', async (t) => {
  const { admin, relay, look, taken, challenge } = await setup(t)
  const ids = new Map<string, string>()
  for (const over of ['consumed_at', 'superseded_at', 'revoked_at', 'expires_at']) {
    const id = await taken()
    await challenge(id, over)
    ids.set(over, id)
  }
  ids.set('out of time', await taken({ expires: -1 }))
  const twice = await taken()
  await addAttempt(admin, twice, 'unknown')
  ids.set('perhaps sent twice', twice)
  t.equal(await relay.reviewHeld(100), ids.size)
  for (const [what, id] of ids) t.match(await look(id), OVER, what)
  t.same(await takeEvents(admin), [], 'its status is what it was, so there is nothing to tell')
  t.equal(await relay.reviewHeld(100), 0)
})

t.test('twenty relays at once turn each back once', async (t) => {
  const { urls, admin, taken } = await setup(t)
  const relay = relayStore((await openWarm<GatewayDatabase>(t, urls.notifierUrl, 20)).db)
  for (let n = 0; n < 60; n += 1) await taken()
  const counts = await Promise.all(Array.from({ length: 20 }, () => relay.reviewHeld(10)))
  const rest = await relay.reviewHeld(100)
  t.equal(
    counts.reduce((sum, n) => sum + n, rest),
    60,
  )
  t.equal((await takeEvents(admin)).length, 60)
})

t.test('one that was turned back and never sent again ends as what it is: accepted', async (t) => {
  const { admin, relay, look, taken } = await setup(t)
  const id = await taken()
  await relay.reviewHeld(100)
  await takeEvents(admin)
  await admin.query(`UPDATE deliveries SET expires_at = now() - interval '1 ms' WHERE id = $1`, [id])
  t.equal(await relay.expireDue(100, false), 1)
  t.match(await look(id), { status: 'accepted', wiped: true, rests: true })
  t.match(await takeEvents(admin), [{ kind: 'delivery.accepted', outcome: 'success', reason: 'out_of_time' }])
})

t.test('what a vendor took does not count as waiting; what is turned back waits since then', async (t) => {
  const { admin, relay, taken } = await setup(t)
  await taken({ due: 30 })
  await admin.query(`UPDATE deliveries SET send_at = now() - interval '5 minutes'`)
  t.match(await relay.gauges(), { pending: 0, oldestPendingSeconds: 0 })
  await admin.query('UPDATE deliveries SET due_at = now()')
  await relay.reviewHeld(100)
  const { pending, oldestPendingSeconds } = await relay.gauges()
  t.equal(pending, 1)
  t.ok(oldestPendingSeconds < 60, `${oldestPendingSeconds}`)
})
