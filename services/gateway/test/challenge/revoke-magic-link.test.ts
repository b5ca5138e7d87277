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
