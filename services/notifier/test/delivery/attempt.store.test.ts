import type { TenantRun } from '@postern/db/with-tenant'
import t from 'tap'
import { startAttempt } from '../../src/delivery/attempt.store.ts'
import { recordOutcome } from '../../src/delivery/attempt-outcome.store.ts'
import { claimDelivery } from '../../src/delivery/claim.store.ts'
import type { Claim, Ending } from '../../src/delivery/delivery.ts'
import {
  attemptsOf,
  type DeliveryInput,
  deliveryState,
  endLease,
  eventsOf,
  fixture,
  givenAttempt,
  givenDelivery,
  type Ids,
} from '../delivery-fixture.ts'
import { giveTenant } from './failover-site.ts'

const f = await fixture(t)

async function claimed(ids: Ids, worker = 'w1'): Promise<Claim> {
  const answer = await claimDelivery(f.run(ids.tenantId), { ...ids, worker })
  if (answer.kind !== 'claimed') throw new Error(`not claimed: ${answer.reason}`)
  return answer.claim
}

async function held(input: DeliveryInput = {}): Promise<{ ids: Ids; claim: Claim }> {
  const ids = await givenDelivery(f, input)
  return { ids, claim: await claimed(ids) }
}

const start = (claim: Claim, hasOther = false, isAnswerable = false) =>
  startAttempt(f.run(claim.tenantId), claim, { provider: 'sendgrid', senderId: null, hasOther, isAnswerable })
const challengeBecomes = (column: string, ids: Ids) =>
  f.admin.query(`UPDATE challenges SET ${column} = now() WHERE id = $1`, [ids.challengeId])

const ACCEPTED: Ending = {
  outcome: 'accepted',
  status: 'accepted',
  errorCode: null,
  providerMessageId: 'm-1',
  retryInMs: null,
}
const ENDINGS: readonly (Ending & { event: string })[] = [
  { ...ACCEPTED, event: 'delivery.accepted' },
  {
    outcome: 'permanent',
    status: 'failed',
    errorCode: 'http_400',
    providerMessageId: null,
    retryInMs: null,
    event: 'delivery.failed',
  },
  {
    outcome: 'unknown',
    status: 'unknown',
    errorCode: 'http_503',
    providerMessageId: null,
    retryInMs: null,
    event: 'delivery.unknown',
  },
  {
    outcome: 'retryable',
    status: 'pending',
    errorCode: 'vendor_rate_limited',
    providerMessageId: null,
    retryInMs: 7_000,
    event: 'delivery.deferred',
  },
  {
    outcome: 'unknown',
    status: 'pending',
    errorCode: 'timeout',
    providerMessageId: null,
    retryInMs: 10_000,
    event: 'delivery.deferred',
  },
]

t.test(
  'an attempt is recorded with its event, renews the lease and takes the poison count back',
  async (t) => {
    const { ids, claim } = await held()
    await f.admin.query(`UPDATE deliveries SET lease_until = now() + interval '2 s' WHERE id = $1`, [
      ids.deliveryId,
    ])
    t.same(await start(claim), {
      number: 1,
      provider: 'sendgrid',
      hasOther: false,
      isAnswerable: false,
      isFailover: false,
      isLast: false,
    })
    t.match(await attemptsOf(f, ids), [{ number: 1, provider: 'sendgrid', outcome: 'started' }])
    t.match(await eventsOf(f, ids), [
      { kind: 'delivery.attempted', actor: 'service:notifier', data: { attempt: 1, provider: 'sendgrid' } },
    ])
    const state = await deliveryState(f, ids)
    t.equal(state.poisoned, 0)
    t.ok((state.leaseIn ?? 0) > 3, 'longer than what was left of it')
    t.equal(state.dueIn?.toFixed(3), state.leaseIn?.toFixed(3))
  },
)

t.test('nothing begins once the challenge was used, superseded, revoked or expired', async (t) => {
  for (const column of ['consumed_at', 'superseded_at', 'revoked_at', 'expires_at']) {
    const { ids, claim } = await held()
    await challengeBecomes(column, ids)
    t.equal(await start(claim), null, column)
    t.same(await attemptsOf(f, ids), [], column)
    t.same(await eventsOf(f, ids), [], column)
  }
})

t.test('nothing begins after the delivery’s time, after the lease, or under an old fence', async (t) => {
  const late = await held()
  await f.admin.query('UPDATE deliveries SET expires_at = clock_timestamp() WHERE id = $1', [
    late.ids.deliveryId,
  ])
  t.equal(await start(late.claim), null, 'expired')

  const slow = await held()
  await endLease(f, slow.ids)
  t.equal(await start(slow.claim), null, 'lease over')

  const fenced = await held()
  await endLease(f, fenced.ids)
  const next = await claimed(fenced.ids, 'w2')
  t.equal(await start(fenced.claim), null, 'fenced')
  t.match(await start(next), { number: 1 })
})

t.test('the second attempt that may be sent is the last, and there is no third', async (t) => {
  const { ids, claim } = await held()
  await givenAttempt(f, ids, 1, 'retryable')
  await givenAttempt(f, ids, 2, 'unknown')
  t.match(await start(claim), { number: 3, isLast: true })
  t.equal(await start(claim), null)
  t.equal((await attemptsOf(f, ids)).length, 3)
})

t.test(
  'an outcome moves attempt and delivery together, tells it once, and wipes the payload at an end',
  async (t) => {
    for (const { event, ...ending } of ENDINGS) {
      const what = `${ending.outcome} → ${ending.status}`
      const { ids, claim } = await held()
      const attempt = await start(claim)
      if (attempt === null) throw new Error('not started')
      t.equal(await recordOutcome(f.run(ids.tenantId), claim, attempt, ending), ending.status, what)
      t.match(
        await attemptsOf(f, ids),
        [
          {
            outcome: ending.outcome,
            error_code: ending.errorCode,
            provider_message_id: ending.providerMessageId,
          },
        ],
        what,
      )
      const state = await deliveryState(f, ids)
      t.match(state, { status: ending.status, leaseIn: null }, what)
      const isOver = ending.status !== 'pending'
      t.equal(state.payload === null, isOver, what)
      if (isOver) t.equal(state.dueIn, null, what)
      else t.ok(Math.abs((state.dueIn ?? 0) - (ending.retryInMs ?? 0) / 1_000) < 5, what)
      const [, told, ...more] = await eventsOf(f, ids)
      t.same(more, [], what)
      t.match(
        told,
        { kind: event, reason: ending.errorCode, data: { attempt: 1, provider: 'sendgrid' } },
        what,
      )
    }
  },
)

t.test('a worker that was away while another took over changes 0 rows', async (t) => {
  for (const { event: _, ...ending } of ENDINGS) {
    const { ids, claim } = await held()
    const attempt = await start(claim)
    if (attempt === null) throw new Error('not started')
    await endLease(f, ids)
    await claimed(ids, 'w2')
    const before = [await deliveryState(f, ids), await attemptsOf(f, ids), await eventsOf(f, ids)]
    t.equal(await recordOutcome(f.run(ids.tenantId), claim, attempt, ending), null)
    const after = [await deliveryState(f, ids), await attemptsOf(f, ids), await eventsOf(f, ids)]
    t.same(withoutTimes(after), withoutTimes(before))
  }
})

t.test('an answer that comes after the lease, before anybody took over, still counts', async (t) => {
  const { ids, claim } = await held()
  const attempt = await start(claim)
  if (attempt === null) throw new Error('not started')
  // As the relay does when the lease is over.
  await f.admin.query(`UPDATE deliveries SET status = 'queued', drive = drive + 1 WHERE id = $1`, [
    ids.deliveryId,
  ])
  t.equal(await recordOutcome(f.run(ids.tenantId), claim, attempt, ACCEPTED), 'accepted')
  t.match(await deliveryState(f, ids), { status: 'accepted', payload: null })
})

t.test('an outcome is recorded once, and never on a delivery that has ended', async (t) => {
  const { ids, claim } = await held()
  const attempt = await start(claim)
  if (attempt === null) throw new Error('not started')
  const results = await Promise.all(
    Array.from({ length: 20 }, () => recordOutcome(f.run(ids.tenantId), claim, attempt, ACCEPTED)),
  )
  t.equal(results.filter(Boolean).length, 1)
  t.equal((await eventsOf(f, ids)).filter((event) => event.kind === 'delivery.accepted').length, 1)

  // The commit's answer was lost and the outcome is recorded again, after the relay has taken the delivery up.
  const deferred = await held()
  const first = await start(deferred.claim)
  if (first === null) throw new Error('not started')
  const [, , , retryable] = ENDINGS
  if (retryable === undefined) throw new Error('no such ending')
  const again = () => recordOutcome(f.run(deferred.ids.tenantId), deferred.claim, first, retryable)
  t.equal(await again(), 'pending')
  await f.admin.query(`UPDATE deliveries SET status = 'queued' WHERE id = $1`, [deferred.ids.deliveryId])
  t.equal(await again(), null)
  t.match(await deliveryState(f, deferred.ids), { status: 'queued' })

  const cancelled = await held()
  const begun = await start(cancelled.claim)
  if (begun === null) throw new Error('not started')
  await f.admin.query(`UPDATE deliveries SET status = 'cancelled' WHERE id = $1`, [cancelled.ids.deliveryId])
  t.equal(await recordOutcome(f.run(cancelled.ids.tenantId), cancelled.claim, begun, ACCEPTED), null)
})

async function accepted(hasOther: boolean, input: DeliveryInput = {}, wait?: number, isAnswerable = false) {
  const ids = await givenDelivery(f, input)
  if (wait !== undefined) await giveTenant(f, ids, wait)
  const claim = await claimed(ids)
  const attempt = await start(claim, hasOther, isAnswerable)
  if (attempt === null) throw new Error('not started')
  const end = (ending: Ending) => recordOutcome(f.run(ids.tenantId), claim, attempt, ending)
  return { ids, end }
}

t.test('what was accepted is held for another vendor until its time is over, and no longer', async (t) => {
  const off = await accepted(true)
  t.equal(await off.end(ACCEPTED), 'accepted')
  const { dueIn, payload } = await deliveryState(f, off.ids)
  t.ok(payload)
  t.ok(Math.abs((dueIn ?? 0) - 600) < 30, 'a receipt may say that it did not arrive')

  const waited = await accepted(true, {}, 30)
  await waited.end(ACCEPTED)
  const state = await deliveryState(f, waited.ids)
  t.ok(state.payload)
  t.ok((state.dueIn ?? 0) > 20 && (state.dueIn ?? 0) <= 30, 'the tenant’s wait for a receipt')

  const short = await accepted(true, { expiresIn: 20 }, 30)
  await short.end(ACCEPTED)
  t.ok(((await deliveryState(f, short.ids)).dueIn ?? 99) <= 20, 'never beyond its time')
})

t.test(
  'a vendor that can be asked is asked when its receipt is late, and before another would be',
  async (t) => {
    const askedIn = async ({ deliveryId }: Ids) => {
      const { rows } = await f.admin.query(
        'SELECT extract(epoch FROM ask_at - now())::float8 AS seconds FROM attempts WHERE delivery_id = $1',
        [deliveryId],
      )
      return rows[0]?.seconds as number | null
    }
    for (const [wait, least, most] of [
      [undefined, 50, 60],
      [600, 50, 60],
      [30, 10, 20],
    ] as const) {
      const { ids, end } = await accepted(true, {}, wait, true)
      await end(ACCEPTED)
      const seconds = (await askedIn(ids)) ?? 0
      t.ok(seconds > least && seconds <= most, `with a wait of ${wait}: ${seconds}`)
    }
    const [, refused] = ENDINGS
    const failed = await accepted(true, {}, 30, true)
    if (refused) await failed.end(refused)
    t.equal(await askedIn(failed.ids), null, 'what it did not take it knows nothing of')
    const mute = await accepted(true, {}, 30)
    await mute.end(ACCEPTED)
    t.equal(await askedIn(mute.ids), null)
  },
)

t.test('where no other vendor is listed, nothing is held of what was accepted', async (t) => {
  const { ids, end } = await accepted(false, {}, 30)
  await end(ACCEPTED)
  t.match(await deliveryState(f, ids), { status: 'accepted', payload: null, dueIn: null })
})

t.test(
  'what one vendor took stays accepted whatever the second says, and a third is never asked',
  async (t) => {
    for (const { event: _, ...ending } of ENDINGS.filter(({ status }) => status !== 'pending')) {
      const ids = await givenDelivery(f)
      await givenAttempt(f, ids, 1, 'accepted', 'ses')
      const claim = await claimed(ids)
      t.same(claim.takenBy, ['ses'])
      const attempt = await start(claim, true)
      if (attempt === null) throw new Error('not started')
      t.equal(await recordOutcome(f.run(ids.tenantId), claim, attempt, ending), 'accepted', ending.outcome)
      t.match(await deliveryState(f, ids), { status: 'accepted', payload: null, dueIn: null })
      t.match((await attemptsOf(f, ids))[1], { outcome: ending.outcome })
      t.match((await eventsOf(f, ids)).slice(1), [{ kind: 'delivery.accepted', reason: ending.errorCode }])
    }
  },
)

t.test('a refusal for good is a failure only where no other vendor may have sent it', async (t) => {
  const refused = ENDINGS.find(({ status }) => status === 'failed')
  if (refused === undefined) throw new Error('no such ending')
  const { event: _, ...ending } = refused
  for (const [before, receipt, status] of [
    ['unknown', null, 'unknown'],
    ['retryable', null, 'failed'],
    ['accepted', 'undelivered', 'failed'],
  ] as const) {
    const ids = await givenDelivery(f)
    await givenAttempt(f, ids, 1, before, 'ses')
    await f.admin.query('UPDATE attempts SET receipt = $2 WHERE delivery_id = $1', [ids.deliveryId, receipt])
    const claim = await claimed(ids)
    const attempt = await start(claim, true)
    if (attempt === null) throw new Error('not started')
    const what = `${before} before it`
    t.equal(await recordOutcome(f.run(ids.tenantId), claim, attempt, ending), status, what)
    t.match(await deliveryState(f, ids), { status, payload: null, dueIn: null }, what)
    t.match((await attemptsOf(f, ids))[1], { outcome: 'permanent' }, what)
    const told = { kind: `delivery.${status}`, outcome: 'failed', reason: ending.errorCode }
    t.match((await eventsOf(f, ids)).slice(1), [told], what)
  }
})

t.test('who is refused for an opt-out is listed once, however many messages tell it at once', async (t) => {
  const { tenantId } = await givenDelivery(f)
  const optedOut: Ending = { ...ACCEPTED, outcome: 'permanent', status: 'failed', providerMessageId: null }
  const refused = async (recipient: number | null, errorCode: string) => {
    const ids = await givenDelivery(f, { tenantId })
    // Of two keys: the list holds the first's.
    const digest =
      recipient === null ? null : Buffer.concat([Buffer.alloc(32, recipient), Buffer.alloc(32, 99)])
    await f.admin.query('UPDATE deliveries SET recipient_digest = $2 WHERE id = $1', [ids.deliveryId, digest])
    const claim = await claimed(ids)
    const attempt = await start(claim)
    if (attempt === null) throw new Error('not started')
    return (run: TenantRun) => recordOutcome(run, claim, attempt, { ...optedOut, errorCode })
  }
  const ends = []
  for (let n = 0; n < 9; n += 1) ends.push(await refused(n % 3, 'recipient_opted_out'))
  ends.push(await refused(3, 'recipient_invalid'), await refused(null, 'recipient_opted_out'))
  const run = f.run(tenantId)
  const statuses = await Promise.all(ends.map((end) => end(run)))
  t.same(new Set(statuses), new Set(['failed']))

  const { rows } = await f.admin.query(
    `SELECT s.recipient_digest AS digest, s.channel, s.reason, s.provider, count(o.id)::int AS told
       FROM suppressions s LEFT JOIN outbox o ON o.subject = 'suppression:' || s.id AND o.kind = 'suppression.created'
        AND o.tenant_id = s.tenant_id AND o.reason = 'opt_out' AND o.actor = 'service:notifier'
      WHERE s.tenant_id = $1 GROUP BY s.tenant_id, s.id ORDER BY 1`,
    [tenantId],
  )
  const listed = { channel: 'email', reason: 'opt_out', provider: 'sendgrid', told: 1 }
  t.same(
    rows,
    [0, 1, 2].map((n) => ({ digest: Buffer.alloc(32, n), ...listed })),
  )
})

const withoutTimes = (seen: unknown[]) =>
  JSON.parse(JSON.stringify(seen, (key, value) => (key === 'dueIn' || key === 'leaseIn' ? undefined : value)))
