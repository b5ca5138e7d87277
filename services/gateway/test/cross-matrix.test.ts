// Every kind of secret at every place where one is shown, in its own tenant and across tenants: only the diagonal opens
// anything, nothing else is spent, and what was shown in vain is as good as before.

import t, { type Test } from 'tap'
import { DOORS, type Door, type Kind, openWorld, type World } from './cross-world.ts'
import { type Answer, openGateway, openHouse } from './setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

/** Everything that exists, was spent, raised or ended. Guesses may count: the counters are not in it. */
async function stateOf(...worlds: World[]) {
  const ids = worlds.map(({ tenant }) => tenant.id)
  const { rows } = await house.admin.query(
    `SELECT (SELECT array_agg((id, consumed_at, revoked_at, superseded_at) ORDER BY id) FROM challenges
              WHERE tenant_id = ANY ($1)) AS challenges,
            (SELECT array_agg((id, revoked_at, amr) ORDER BY id) FROM sessions WHERE tenant_id = ANY ($1)) AS sessions,
            (SELECT array_agg((session_id, generation, used_at) ORDER BY session_id, generation) FROM refresh_tokens
              WHERE tenant_id = ANY ($1)) AS refresh_tokens,
            (SELECT array_agg((user_id, digest, used_at) ORDER BY digest) FROM recovery_codes
              WHERE tenant_id = ANY ($1)) AS recovery_codes,
            (SELECT array_agg((id, last_step, enabled_at) ORDER BY id) FROM totp_factors
              WHERE tenant_id = ANY ($1)) AS totp_factors,
            (SELECT array_agg((id, consumed_at) ORDER BY id) FROM pending_sign_ins
              WHERE tenant_id = ANY ($1)) AS pending,
            (SELECT array_agg((kind, identity_key, user_id, verified_at) ORDER BY identity_key) FROM identifiers
              WHERE tenant_id = ANY ($1)) AS identifiers,
            (SELECT count(*) FROM users WHERE tenant_id = ANY ($1)) AS users`,
    [ids],
  )
  return rows[0]
}

/** A crowd of wrong guesses would be turned away before it is looked at. */
async function forgetGuesses(...worlds: World[]) {
  const ids = [worlds.map(({ tenant }) => tenant.id)]
  await house.admin.query('UPDATE challenges SET tries = 0 WHERE tenant_id = ANY ($1)', ids)
  await house.admin.query('UPDATE pending_sign_ins SET failures = 0 WHERE tenant_id = ANY ($1)', ids)
  await house.admin.query('DELETE FROM factor_guards WHERE tenant_id = ANY ($1)', ids)
  await house.admin.query(
    'UPDATE identifier_guards SET failures = 0, wait_until = NULL, disabled_at = NULL WHERE tenant_id = ANY ($1)',
    ids,
  )
}

const kindsOf = (world: World) => Object.keys(world.secrets) as Kind[]
const REFUSED = [400, 401, 403, 404]
const isOpen = (door: Door, answer: Answer) => door.isOpen?.(answer) ?? answer.status === 200

for (const door of DOORS) {
  t.test(`${door.name}: takes the ${door.takes} of its own tenant, once, and nothing else`, async (t) => {
    const [mine, theirs] = [await openWorld(gateway), await openWorld(gateway)]
    await refusesEverythingElse(t, door, mine, theirs)
    const answer = await door.knock(gateway, mine, mine.secrets[door.takes])
    t.ok(isOpen(door, answer), `the ${door.takes} is as good as before: ${JSON.stringify(answer.body)}`)
    const elsewhere = await door.knock(gateway, theirs, theirs.secrets[door.takes])
    t.ok(isOpen(door, elsewhere), 'so is the other tenant’s')
  })
}

async function refusesEverythingElse(t: Test, door: Door, mine: World, theirs: World) {
  const before = await stateOf(mine, theirs)
  const shown: [name: string, world: World, secret: string][] = [
    ...kindsOf(mine)
      .filter((kind) => kind !== door.takes && kind !== door.alsoTakes)
      .map((kind): [string, World, string] => [`own ${kind}`, mine, mine.secrets[kind]]),
    ...kindsOf(theirs)
      .filter((kind) => !(door.isOfNoTenant && (kind === door.takes || kind === door.alsoTakes)))
      .map((kind): [string, World, string] => [`foreign ${kind}`, mine, theirs.secrets[kind]]),
  ]
  // With all that belongs to it, only shown by the wrong tenant's back end or on the wrong tenant's host.
  if (door.takes !== 'API key' && !door.isOfNoTenant) {
    const { tenant, page, waitingPage } = mine
    const moved = { ...theirs, tenant, page, waitingPage }
    shown.push([`foreign ${door.takes} with its place`, moved, theirs.secrets[door.takes]])
  }
  for (const [name, world, secret] of shown) {
    const answer = await door.knock(gateway, world, secret)
    const isRefused = door.isOpen === undefined ? REFUSED.includes(answer.status) : answer.status < 500
    t.ok(isRefused && !isOpen(door, answer), `${name}: ${answer.status} ${answer.body?.error?.code}`)
    await forgetGuesses(mine, theirs)
  }
  t.strictSame(await stateOf(mine, theirs), before, 'nothing was spent')
}

t.test('every kind of secret has a door that takes it', async (t) => {
  const world = await openWorld(gateway)
  const taken = new Set(DOORS.map(({ takes }) => takes))
  t.strictSame(
    kindsOf(world).filter((kind) => !taken.has(kind)),
    [],
  )
})
