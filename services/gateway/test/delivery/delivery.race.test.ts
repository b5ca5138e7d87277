// Many who change one delivery at once: one of them does, the others are refused, and the trail tells it once.

import t from 'tap'
import { eventsOf, newTenant, openGateway, openHouse } from '../setup.ts'
import { givenDelivery, rowOf } from './delivery-rows.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const { admin } = house

const toldOf = async (tenantId: string, deliveryId: string) =>
  (await eventsOf(gateway, tenantId)).filter(({ subject }) => subject === `delivery:${deliveryId}`)
const countOf = (answers: { status: number }[], status: number) =>
  answers.filter((answer) => answer.status === status).length

t.test('of 100 who drive one dead letter again at once one does', async (t) => {
  const tenant = await newTenant(gateway)
  const id = await givenDelivery(admin, tenant, { status: 'dead_letter' })
  const hundred = Array.from({ length: 100 }, () => tenant.call('POST', `/v1/deliveries/${id}/redrive`))
  const answers = await Promise.all(hundred)
  t.equal(countOf(answers, 202), 1)
  t.equal(countOf(answers, 409), 99)
  t.equal((await rowOf(admin, id)).fence, 1)
  const told = await toldOf(tenant.id, id)
  t.equal(told.filter(({ kind }) => kind === 'delivery.redriven').length, 1)
})

t.test(
  'one delivery cancelled, moved and driven again by 100 at once ends one way, each step told once',
  async (t) => {
    const tenant = await newTenant(gateway)
    for (const status of ['scheduled', 'dead_letter']) {
      const id = await givenDelivery(admin, tenant, { status, sendIn: 300, expiresIn: 900 })
      const at = new Date(Date.now() + 3_600_000).toISOString()
      const ways = [
        () => tenant.call('DELETE', `/v1/deliveries/${id}`),
        () => tenant.call('PATCH', `/v1/deliveries/${id}`, { send_at: at }),
        () => tenant.call('POST', `/v1/deliveries/${id}/redrive`),
      ]
      const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => ways[(at + 1) % 3]?.()))
      t.ok(answers.every((answer) => answer !== undefined && [200, 202, 409].includes(answer.status)))
      t.match(await rowOf(admin, id), { status: 'cancelled', hasPayload: false })
      const told = await toldOf(tenant.id, id)
      const count = (kind: string) => told.filter((event) => event.kind === kind).length
      t.equal(count('delivery.cancelled'), 1)
      t.equal(count('delivery.redriven'), answers.filter((answer) => answer?.status === 202).length)
      const moved = answers.filter((answer, at) => (at + 1) % 3 === 1 && answer?.status === 200).length
      t.equal(count('delivery.rescheduled'), moved)
    }
  },
)

t.test('a link revoked, moved and cancelled by 100 at once blocks nobody and ends one way', async (t) => {
  const tenant = await newTenant(gateway)
  for (let round = 0; round < 3; round++) {
    const at = new Date(Date.now() + 600_000).toISOString()
    const { id, deliveryId } = await tenant.issue({ send_at: at })
    const ways = [
      () => tenant.call('PATCH', `/v1/deliveries/${deliveryId}`, { send_at: at }),
      () => tenant.call('DELETE', `/v1/magic-links/${id}`),
      () => tenant.call('DELETE', `/v1/deliveries/${deliveryId}`),
    ]
    const answers = await Promise.all(Array.from({ length: 99 }, (_, n) => ways[(n + round) % 3]?.()))
    t.ok(answers.every((answer) => answer?.status === 200 || answer?.status === 409))
    t.match(await rowOf(admin, deliveryId), { status: 'cancelled', hasPayload: false })
    const told = await toldOf(tenant.id, deliveryId)
    t.equal(told.filter(({ kind }) => kind === 'delivery.cancelled').length, 1)
  }
})
