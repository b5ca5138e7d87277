// Single use over processes and crashes: 100 at once win once, and a crash leaves a spent link with its session or neither.

import t from 'tap'
import { post, startGateway } from '../gateway-process.ts'
import { newTenant, openGateway, openHouse } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

t.test('of 100 verifies at once over two processes one opens a session', async (t) => {
  const processes = await Promise.all([startGateway(t, house), startGateway(t, house)])
  const tenant = await newTenant(gateway)
  for (let round = 0; round < 5; round++) {
    const { token, id } = await tenant.issue()
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        post(`${processes[at % 2]?.url}/v1/magic-links/verify`, tenant.key, { token }),
      ),
    )
    t.equal(answers.filter((answer) => answer?.status === 200).length, 1)
    t.equal(answers.filter((answer) => answer?.code === 'TOKEN_USED').length, 99)
    const { rows } = await house.admin.query(
      'SELECT count(*)::int AS n FROM sessions WHERE challenge_id = $1',
      [id],
    )
    t.equal(rows[0].n, 1)
  }
})

t.test(
  'a gateway killed amid verifies leaves no spent link without its session, user and event',
  async (t) => {
    const tenant = await newTenant(gateway)
    let unanswered = 0
    // Whether answers are cut off is the machine's to say; a death that cut none shows nothing, so there are more.
    for (let round = 0; round < 3 || (unanswered === 0 && round < 50); round++) {
      const process = await startGateway(t, house)
      const links = []
      for (let n = 0; n < 40; n++) links.push(await tenant.issue())
      const verifies = links.map(({ token }) =>
        post(`${process.url}/v1/magic-links/verify`, tenant.key, { token }),
      )
      // Killed as soon as the first answers are there, with the others under way.
      await Promise.race(verifies)
      await process.kill()
      unanswered += (await Promise.all(verifies)).filter((answer) => answer === undefined).length
    }
    t.ok(unanswered > 0, `${unanswered} verifies were cut off`)
    const { rows } = await house.admin.query(
      `SELECT count(*)::int AS spent,
            count(*) FILTER (WHERE s.id IS NULL)::int AS without_session,
            count(*) FILTER (WHERE u.id IS NULL)::int AS without_user,
            count(*) FILTER (WHERE NOT EXISTS (SELECT FROM refresh_tokens r WHERE r.session_id = s.id))::int AS without_refresh,
            count(*) FILTER (WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.kind = 'session.opened'
              AND o.subject = 'session:' || s.id))::int AS without_event
       FROM challenges c LEFT JOIN sessions s ON s.challenge_id = c.id LEFT JOIN users u ON u.id = s.user_id
      WHERE c.tenant_id = $1 AND c.consumed_at IS NOT NULL`,
      [tenant.id],
    )
    t.ok(rows[0].spent > 0)
    t.match(rows[0], { without_session: 0, without_user: 0, without_refresh: 0, without_event: 0 })
  },
)

t.test(
  'a terminated database connection amid verifies leaves both or neither, and the gateway goes on',
  async (t) => {
    const tenant = await newTenant(gateway)
    const links = []
    for (let n = 0; n < 60; n++) links.push(await tenant.issue())
    const verifies = links.map(({ token }) => tenant.call('POST', '/v1/magic-links/verify', { token }))
    await Promise.race(verifies)
    await house.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'postern-gateway'`,
      [house.data.name],
    )
    const answers = await Promise.all(verifies)
    t.ok(answers.every(({ status }) => status === 200 || status === 503))
    const { rows } = await house.admin.query(
      `SELECT count(*)::int AS n FROM challenges c LEFT JOIN sessions s ON s.challenge_id = c.id
      WHERE c.tenant_id = $1 AND c.consumed_at IS NOT NULL AND s.id IS NULL`,
      [tenant.id],
    )
    t.equal(rows[0].n, 0)
    const { token } = await tenant.issue()
    t.equal((await tenant.call('POST', '/v1/magic-links/verify', { token })).status, 200)
  },
)
