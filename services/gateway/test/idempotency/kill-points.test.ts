// A gateway that dies around its commit: whoever repeats the request with its key ends with one intent, never none or two.

import t from 'tap'
import { startGateway } from '../gateway-process.ts'
import { bearer, freshEmail, newTenant, openGateway, openHouse } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)

async function intents(email: string): Promise<number> {
  const { rows } = await house.admin.query(
    'SELECT count(*)::int AS n FROM challenges WHERE tenant_id = $1 AND identity_key = $2',
    [tenant.id, email],
  )
  return rows[0].n
}

/** Answers what a client sees: null for a connection that broke. */
async function ask(url: string, email: string, key?: string): Promise<number | null> {
  const headers = { ...bearer(tenant.key), 'content-type': 'application/json' }
  const answer = await fetch(`${url}/v1/magic-links`, {
    method: 'POST',
    headers: { ...headers, ...(key !== undefined && { 'idempotency-key': key }) },
    body: JSON.stringify({ email }),
  }).catch(() => null)
  await answer?.arrayBuffer()
  return answer?.status ?? null
}

const CASES = [
  { point: 'K1', when: 'before its commit', left: 0, replayed: undefined },
  { point: 'K2', when: 'between its commit and its answer', left: 1, replayed: 'true' },
]
for (const { point, when, left, replayed } of CASES) {
  for (const key of [`key-${point}`, undefined]) {
    const what = key === undefined ? 'a request' : 'a request with a key'
    t.test(`${what} whose gateway dies ${when} has made ${left} intents`, async (t) => {
      const doomed = await startGateway(t, house, { POSTERN_FAILPOINT: `${point}:kill` })
      const email = freshEmail()
      t.equal(await ask(doomed.url, email, key), null, 'no answer')
      t.equal(await intents(email), left)
      if (key === undefined) return
      const again = await tenant.call('POST', '/v1/magic-links', { email }, { 'idempotency-key': key })
      t.match([again.status, again.headers['idempotency-replayed']], [202, replayed])
      t.equal(await intents(email), 1, 'asked again with the same key')
    })
  }
}
