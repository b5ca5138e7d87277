// Revoking and verifying meet in one row: one of them wins, and the trail tells it once.

import t from 'tap'
import { eventsOf, newTenant, openGateway, openHouse } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

t.test('a link verified and revoked at once, by many, ends one way and tells it once', async (t) => {
  const tenant = await newTenant(gateway)
  const seen = new Set<string>()
  for (let round = 0; round < 10; round++) {
    const { token, id } = await tenant.issue()
    const both = Array.from(
      { length: 50 },
      (_, at) =>
        [
          () => tenant.call('POST', '/v1/magic-links/verify', { token }),
          () => tenant.call('DELETE', `/v1/magic-links/${id}`),
        ][(at + round) % 2],
    )
    const answers = await Promise.all([...both, ...both].map((ask) => ask?.()))
    const sessions = answers.filter((answer) => answer?.body.data?.session).length
    const { body } = await tenant.call('GET', `/v1/magic-links/${id}`)
    seen.add(body.data.status)
    t.equal(sessions, body.data.status === 'consumed' ? 1 : 0)
    const told = (await eventsOf(gateway, tenant.id)).filter(({ subject }) => subject === `challenge:${id}`)
    const ends = told.filter(({ kind }) => ['challenge.verified', 'challenge.revoked'].includes(kind))
    t.strictSame(
      ends.map(({ kind }) => kind),
      [body.data.status === 'consumed' ? 'challenge.verified' : 'challenge.revoked'],
    )
  }
  t.ok([...seen].every((status) => ['consumed', 'revoked'].includes(status)))
})

t.test('what a vendor may have taken is not called cancelled', async (t) => {
  const tenant = await newTenant(gateway)
  for (const [outcome, status] of [
    ['retryable', 'cancelled'],
    ['unknown', 'unknown'],
    ['started', 'unknown'],
    ['accepted', 'accepted'],
  ]) {
    const { id, deliveryId } = await tenant.issue()
    await house.admin.query(
      `INSERT INTO attempts (tenant_id, delivery_id, number, provider, fence, outcome) VALUES ($1, $2, 1, 'sendgrid', 1, $3)`,
      [tenant.id, deliveryId, outcome],
    )
    const { body } = await tenant.call('DELETE', `/v1/magic-links/${id}`)
    t.equal(body.data.delivery.status, status, `after ${outcome}`)
    const told = (await eventsOf(gateway, tenant.id)).filter(
      ({ subject }) => subject === `delivery:${deliveryId}`,
    )
    t.ok(told.some(({ kind, reason }) => kind === `delivery.${status}` && reason === 'challenge_revoked'))
  }
})
