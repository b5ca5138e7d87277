// Issuing at once, over two gateways: of one identifier and purpose one challenge stays live, and the limit holds.

import { within, withTenant } from '@postern/db/with-tenant'
import type { CallerTenant } from '@postern/service-kit/caller'
import t from 'tap'
import { issueMagicLink } from '../../../src/challenge/issue/issue-magic-link.ts'
import { untilWaiting } from '../../overlap.ts'
import {
  eventsOf,
  freshEmail,
  freshPhone,
  newTenant,
  openGateway,
  openHouse,
  type Tenant,
} from '../../setup.ts'

const house = await openHouse(t)
const gateways = [await openGateway(t, house), await openGateway(t, house)] as const
const [gateway] = gateways

/** Asks both gateways in turn, all at once. */
const race = (tenant: Tenant, url: string, bodies: readonly (object | undefined)[]) =>
  Promise.all(
    bodies.map((payload, at) =>
      (gateways[at % 2] ?? gateway).call({
        method: 'POST',
        url,
        headers: { authorization: `Bearer ${tenant.key}` },
        ...(payload && { payload }),
      }),
    ),
  )

const challengesOf = async (tenant: Tenant) =>
  (
    await house.admin.query<{ id: string; live: boolean }>(
      `SELECT id, superseded_at IS NULL AND consumed_at IS NULL AND revoked_at IS NULL AS live FROM challenges
        WHERE tenant_id = $1 ORDER BY due_at, id`,
      [tenant.id],
    )
  ).rows

const LINK = {
  purpose: 'sign_in' as const,
  sessionId: undefined,
  mfaToken: undefined,
  redirectUrl: undefined,
  locale: undefined,
  createUser: true,
  codeChallenge: undefined,
  metadata: {},
  sendAt: undefined,
}

t.test('who began first and issues last supersedes what was issued meanwhile', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const scope = { tenantId: tenant.id, actor: 'service:test', requestId: null, traceparent: null }
  const holder = await house.admin.connect()
  t.teardown(() => holder.release(true))
  const key = [`issue:${tenant.id}:${email}`]
  const [first, second] = await withTenant(gateway.context.database.db, scope, async (trx) => {
    await holder.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', key)
    const issued = tenant.call('POST', '/v1/magic-links', { email })
    await untilWaiting(house, 1)
    const issuing = issueMagicLink(gateway.context, within(trx, scope), settingsOf(tenant), {
      ...LINK,
      email,
    })
    await untilWaiting(house, 2)
    await holder.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', key)
    return Promise.all([issuing, issued])
  })
  const id = first.kind === 'issued' ? first.issued.id : t.fail('nothing was issued')
  const rows = await challengesOf(tenant)
  t.same(
    rows.map((row) => row.id),
    [id, second.body.data.id],
    'the one that issued last began first',
  )
  t.same(
    rows.map(({ live }) => live),
    [true, false],
  )
})

t.test('of 100 links issued at once over two gateways five are sent and one is live', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const answers = await race(tenant, '/v1/magic-links', Array(100).fill({ email }))
  t.equal(answers.filter(({ status }) => status === 202).length, 5)
  t.equal(answers.filter(({ body }) => body.error?.code === 'RATE_LIMITED').length, 95)
  const rows = await challengesOf(tenant)
  t.equal(rows.length, 5)
  t.equal(rows.filter(({ live }) => live).length, 1)
  const told = (await eventsOf(gateway, tenant.id)).map(({ kind }) => kind)
  t.equal(told.filter((kind) => kind === 'challenge.superseded').length, 4)
  t.equal(told.filter((kind) => kind === 'limit.hit').length, 1)
})

t.test(
  'of 100 codes of one identifier at once over two gateways five are sent and one is live',
  async (t) => {
    const [tenant, other] = [await newTenant(gateway), await newTenant(gateway)]
    for (const body of [
      { channel: 'email', to: freshEmail() },
      { channel: 'sms', to: freshPhone() },
    ]) {
      const [answers, theirs] = await Promise.all([
        race(tenant, '/v1/otps', Array(100).fill(body)),
        race(other, '/v1/otps', [body]),
      ])
      t.equal(answers.filter(({ status }) => status === 202).length, 5)
      t.equal(answers.filter(({ body }) => body.error?.code === 'RATE_LIMITED').length, 95)
      t.equal(theirs[0]?.status, 202, 'another tenant has its own count')
    }
    const rows = await challengesOf(tenant)
    t.equal(rows.length, 10)
    t.equal(rows.filter(({ live }) => live).length, 2, 'one of each identifier')
    t.same(
      (await challengesOf(other)).map(({ live }) => live),
      [true, true],
    )
  },
)

t.test('of 100 resends of one code at once four are sent, and one code is live', async (t) => {
  const tenant = await newTenant(gateway)
  const { id } = await tenant.issueCode()
  const answers = await race(tenant, `/v1/otps/${id}/resend`, Array(100).fill(undefined))
  t.equal(answers.filter(({ status }) => status === 202).length, 4)
  t.equal(answers.filter(({ body }) => body.error?.code === 'RATE_LIMITED').length, 96)
  const rows = await challengesOf(tenant)
  t.same([rows.length, rows.filter(({ live }) => live).length], [5, 1])
  t.notOk(rows.find((row) => row.id === id)?.live)
})

t.test(
  'of 100 proofs of an address asked for at once the hour has five, whatever else was sent',
  async (t) => {
    const tenant = await newTenant(gateway)
    const email = freshEmail()
    await race(tenant, '/v1/magic-links', Array(3).fill({ email, purpose: 'verify_email' }))
    await house.admin.query(
      `UPDATE identifier_guards SET window_started_at = now() - interval '15 minutes' WHERE limit_key = $1`,
      [email],
    )
    const answers = await race(tenant, '/v1/magic-links', Array(100).fill({ email, purpose: 'verify_email' }))
    t.equal(answers.filter(({ status }) => status === 202).length, 2)
    t.equal(answers.filter(({ body }) => body.error?.code === 'RATE_LIMITED').length, 98)
    const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'limit.hit')
    t.same(
      told.map(({ reason }) => reason),
      ['verify_email_sends'],
    )
  },
)

t.test(
  'links of many addresses issued at once share transactions, and each request keeps its own event',
  async (t) => {
    const tenant = await newTenant(gateway)
    const bodies = Array.from({ length: 100 }, () => ({ email: freshEmail() }))
    const answers = await race(tenant, '/v1/magic-links', bodies)
    t.ok(answers.every(({ status }) => status === 202))
    const { rows } = await house.admin.query(
      `SELECT c.id, c.address, o.request_id, o.xmin::text AS trip FROM challenges c
       JOIN outbox o ON o.subject = 'challenge:' || c.id AND o.kind = 'challenge.issued' WHERE c.tenant_id = $1`,
      [tenant.id],
    )
    const told = new Map(rows.map((row) => [row.id, [row.address, row.request_id]]))
    for (const [at, { body }] of answers.entries()) {
      t.same(told.get(body.data.id), [bodies[at]?.email, body.meta.request_id])
    }
    const trips = new Set(rows.map(({ trip }) => trip)).size
    t.ok(trips < 50, `${trips} transactions`)
  },
)

const settingsOf = ({ id }: Tenant): CallerTenant => ({
  id,
  name: 'Tenant',
  slug: 'tenant',
  audience: 'urn:test',
  allowedRedirects: ['https://app.test/in'],
  browserHosts: [],
  linkTtlSeconds: 600,
  firstFactors: ['magic_link'],
  factorChain: [],
  testDestinations: [],
  sessionIdleSeconds: 600,
  sessionAbsoluteSeconds: 600,
})
