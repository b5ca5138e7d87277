// Webhooks of the four vendors: what is signed counts once, and what is not changes nothing.

import { randomUUID } from 'node:crypto'
import t from 'tap'
import { eventsOf, newTenant, openGateway } from '../setup.ts'
import { givenSent, receiptHouse, type Sent, statusOf, type VendorCall } from './vendor-calls.ts'
import { vendorsOf } from './vendor-list.ts'

const { house, snsOrigin } = await receiptHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)
const call = ({ url, headers, payload }: VendorCall) =>
  gateway.call({ method: 'POST', url, headers, payload })
const told = async ({ deliveryId }: Sent) =>
  (await eventsOf(gateway, tenant.id)).filter(
    ({ subject, kind }) => subject.endsWith(deliveryId) && kind !== 'delivery.queued',
  )

for (const vendor of vendorsOf(gateway, `${snsOrigin}/certificate.pem`)) {
  t.test(
    `${vendor.name}: what is not signed by the vendor, or not lately, is 401 and moves nothing`,
    async (t) => {
      const sent = await givenSent(gateway, tenant, vendor.name)
      for (const [what, forged] of Object.entries(vendor.forged(sent))) {
        const { status, body } = await call(forged)
        t.equal(status, 401, what)
        t.equal(body.error?.code, 'UNAUTHENTICATED', what)
      }
      t.equal(await statusOf(gateway, sent), 'accepted')
      t.equal((await call(vendor.delivered(sent))).status, 200, 'and the right one still works')
      t.equal(await statusOf(gateway, sent), 'delivered')
    },
  )

  t.test(`${vendor.name}: a receipt counts once; a repeat and what cannot be placed are 200`, async (t) => {
    const sent = await givenSent(gateway, tenant, vendor.name)
    const delivered = vendor.delivered(sent)
    const first = await call(delivered)
    t.same([first.status, first.body], [200, null])
    t.equal((await call(delivered)).status, 200)
    t.match(await told(sent), [
      { kind: 'delivery.delivered', outcome: 'success', actor: `vendor:${vendor.name}` },
    ])
    for (const nowhere of [{ deliveryId: randomUUID() }, { attempt: 2 }, { tenantId: randomUUID() }])
      t.equal((await call(vendor.delivered({ ...sent, ...nowhere }))).status, 200)
    t.equal((await told(sent)).length, 1)
  })
}
