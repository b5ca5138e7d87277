// What is held about a user can be had, and can be erased; the trail keeps that something happened, and no address.

import t from 'tap'
import { eventsOf, freshEmail, newTenant, openGateway, openHouse } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenantWithUsers = () =>
  newTenant(gateway, [
    'challenges:write',
    'challenges:verify',
    'users:read',
    'users:write',
    'deliveries:read',
    'deliveries:write',
  ])
type Tenant = Awaited<ReturnType<typeof tenantWithUsers>>

async function signIn(tenant: Tenant, email: string) {
  const { token } = await tenant.issue({ email, metadata: { from: 'shop' } })
  const { data } = (await tenant.call('POST', '/v1/magic-links/verify', { token })).body
  return { userId: data.user.id as string, session: data.session }
}

/** Every table of the schema that holds this text somewhere. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows } = await house.admin.query(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  )
  const found = []
  for (const { name } of rows) {
    const { rows: hits } = await house.admin.query(
      `SELECT FROM ${name} r WHERE position($1 in lower(r::text)) > 0`,
      [text],
    )
    if (hits.length > 0) found.push(name)
  }
  return found
}

t.test('the export tells everything but secrets', async (t) => {
  const tenant = await tenantWithUsers()
  const email = freshEmail()
  const { userId, session } = await signIn(tenant, email)
  const { id: replaced } = await tenant.issue({ email })
  const { id: waiting, token } = await tenant.issue({ email })
  const { status, body } = await tenant.call('GET', `/v1/users/${userId}/export`)
  t.equal(status, 200)
  t.match(body.data, {
    user: { id: userId, email, metadata: {}, second_factors: [] },
    identifiers: [{ kind: 'email', identity_key: email }],
    sessions: [{ id: session.id, kind: 'api', amr: ['magic_link'], ended_at: null }],
    challenges: [
      { id: waiting, status: 'pending', address: email, consumed_at: null, delivery: { channel: 'email' } },
      { id: replaced, status: 'superseded' },
      { status: 'consumed', purpose: 'sign_in', metadata: { from: 'shop' } },
    ],
  })
  for (const secret of [token, session.refresh_token, session.access_token])
    t.notOk(JSON.stringify(body).includes(secret))
})

t.test(
  'the tenant’s own messages to a user are told, and called off with them; nobody else’s are',
  async (t) => {
    const tenant = await tenantWithUsers()
    const [email, other] = [freshEmail(), freshEmail()]
    const { userId } = await signIn(tenant, email)
    const send = async (to: string, more: object = {}) => {
      const variables = { title: 'Parcel', body: 'It is at the door.' }
      const body = { channel: 'email', to, template: 'notice', variables, ...more }
      return (await tenant.call('POST', '/v1/deliveries', body)).body.data.id as string
    }
    const later = { send_at: new Date(Date.now() + 3_600_000).toISOString() }
    const [waiting, dead, sent] = [
      await send(email, later),
      await send(email, later),
      await send(email, later),
    ]
    const theirs = await send(other, later)
    await house.admin.query(`UPDATE deliveries SET status = 'dead_letter' WHERE id = $1`, [dead])
    await house.admin.query(`UPDATE deliveries SET status = 'accepted' WHERE id = $1`, [sent])
    const { body } = await tenant.call('GET', `/v1/users/${userId}/export`)
    t.same(
      body.data.messages.map(({ id, template, status }: Record<string, string>) => [id, template, status]),
      [
        [sent, 'notice', 'accepted'],
        [dead, 'notice', 'dead_letter'],
        [waiting, 'notice', 'scheduled'],
      ],
    )
    await tenant.call('DELETE', `/v1/users/${userId}`)
    const { rows } = await house.admin.query(
      'SELECT id, status, payload IS NOT NULL AS held FROM deliveries WHERE id = ANY ($1) ORDER BY id',
      [[waiting, dead, sent, theirs]],
    )
    t.same(rows, [
      { id: waiting, status: 'cancelled', held: false },
      { id: dead, status: 'cancelled', held: false },
      { id: sent, status: 'accepted', held: false },
      { id: theirs, status: 'scheduled', held: true },
    ])
    const told = (await eventsOf(gateway, tenant.id)).filter(({ reason }) => reason === 'user_erased')
    for (const id of [waiting, dead])
      t.equal(told.filter(({ subject }) => subject === `delivery:${id}`).length, 1)
  },
)

t.test('an erased user is gone with addresses, sessions and what was on its way', async (t) => {
  const tenant = await tenantWithUsers()
  const email = freshEmail()
  const { userId, session } = await signIn(tenant, email)
  const link = await tenant.issue({ email })
  t.ok((await tablesWith(email)).length >= 4, 'the search sees addresses')
  const erased = await tenant.call('DELETE', `/v1/users/${userId}`)
  t.strictSame(erased.body.data, { id: userId, erased: true })
  t.strictSame(await tablesWith(email), ['identifier_guards'], 'what limits guessing stays')
  t.strictSame(await tablesWith(session.id), ['outbox'])
  t.equal((await tenant.call('GET', `/v1/users/${userId}`)).status, 404)
  const { rows } = await house.admin.query('SELECT status, payload FROM deliveries WHERE id = $1', [
    link.deliveryId,
  ])
  t.strictSame(rows, [{ status: 'cancelled', payload: null }])
  const { body } = await tenant.call('POST', '/v1/magic-links/verify', { token: link.token })
  t.equal(body.error.code, 'INVALID_TOKEN')
  const told = (await eventsOf(gateway, tenant.id)).map(({ kind, subject }) => `${kind} ${subject}`)
  t.strictSame(
    told
      .filter(
        (line) => /erased|revoked/.test(line) || line === `delivery.cancelled delivery:${link.deliveryId}`,
      )
      .sort(),
    [
      `challenge.revoked challenge:${link.id}`,
      `delivery.cancelled delivery:${link.deliveryId}`,
      `session.revoked session:${session.id}`,
      `user.erased user:${userId}`,
    ],
  )
  const again = await tenant.call('DELETE', `/v1/users/${userId}`)
  t.equal(again.status, 200)
  t.equal((await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'user.erased').length, 1)
})

t.test('what a vendor took is not held for another one when its recipient is erased', async (t) => {
  const tenant = await tenantWithUsers()
  const email = freshEmail()
  const { userId } = await signIn(tenant, email)
  const { deliveryId } = await tenant.issue({ email })
  await house.admin.query(`UPDATE deliveries SET status = 'accepted', due_at = expires_at WHERE id = $1`, [
    deliveryId,
  ])
  await tenant.call('DELETE', `/v1/users/${userId}`)
  const { rows } = await house.admin.query('SELECT status, payload, due_at FROM deliveries WHERE id = $1', [
    deliveryId,
  ])
  t.strictSame(rows, [{ status: 'accepted', payload: null, due_at: null }])
})

t.test('whoever proves the address after the erasure is somebody new', async (t) => {
  const tenant = await tenantWithUsers()
  const email = freshEmail()
  const { userId } = await signIn(tenant, email)
  await tenant.call('DELETE', `/v1/users/${userId}`)
  t.not((await signIn(tenant, email)).userId, userId)
})

t.test('erasing an account gives whoever guesses at its address no fresh tries', async (t) => {
  const tenant = await tenantWithUsers()
  const email = freshEmail()
  const { userId } = await signIn(tenant, email)
  const guard = async () =>
    (await house.admin.query('SELECT failures, sends FROM identifier_guards WHERE limit_key = $1', [email]))
      .rows
  await house.admin.query('UPDATE identifier_guards SET failures = 7 WHERE limit_key = $1', [email])
  const before = await guard()
  await tenant.call('DELETE', `/v1/users/${userId}`)
  t.strictSame(await guard(), before)
})

t.test('erased by many while links are proven, a user leaves no session behind', async (t) => {
  const tenant = await tenantWithUsers()
  for (let round = 0; round < 5; round++) {
    const email = freshEmail()
    const { userId } = await signIn(tenant, email)
    const { token } = await tenant.issue({ email })
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        n % 10 === 0
          ? tenant.call('DELETE', `/v1/users/${userId}`)
          : tenant.call('POST', '/v1/magic-links/verify', { token }),
      ),
    )
    t.strictSame(
      answers.filter(({ status }) => status >= 500),
      [],
    )
    const { rows } = await house.admin.query('SELECT id FROM sessions WHERE user_id = $1', [userId])
    t.strictSame(rows, [])
  }
  const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'user.erased')
  t.equal(told.length, 5)
})
