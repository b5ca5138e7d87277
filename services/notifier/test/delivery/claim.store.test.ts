import { randomBytes } from 'node:crypto'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import { claimDelivery } from '../../src/delivery/claim.store.ts'
import {
  attemptsOf,
  type ChallengeState,
  type DeliveryInput,
  deliveryState,
  eventsOf,
  fixture,
  givenAttempt,
  givenDelivery,
  type Ids,
  someoneWaits,
} from '../delivery-fixture.ts'

const f = await fixture(t)
const claim = (ids: Ids) => claimDelivery(f.run(ids.tenantId), { ...ids, worker: 'w1' })

const ENDED = [
  'accepted',
  'delivered',
  'failed',
  'expired',
  'cancelled',
  'suppressed',
  'dead_letter',
  'unknown',
]
const LIVE: readonly (DeliveryInput & { status: string; what: string })[] = [
  { what: 'scheduled', status: 'scheduled', sendIn: 60 },
  { what: 'pending', status: 'pending', dueIn: 0 },
  { what: 'pending, not due yet', status: 'pending', dueIn: 60 },
  { what: 'queued', status: 'queued' },
  { what: 'queued, sent too early by a clock', status: 'queued', sendIn: 60 },
  { what: 'held', status: 'sending', leaseIn: 60, fence: 3 },
  { what: 'held by a worker that died', status: 'sending', leaseIn: -1, fence: 3 },
  { what: 'queued, out of time', status: 'queued', expiresIn: -1 },
]
const CHALLENGES: readonly ChallengeState[] = [
  'none',
  'live',
  'consumed',
  'superseded',
  'revoked',
  'expired',
  'missing',
]
const REFUSED: Readonly<Record<string, string>> = {
  scheduled: 'not_due',
  'pending, not due yet': 'not_due',
  'queued, sent too early by a clock': 'not_due',
  held: 'taken',
  'queued, out of time': 'expired',
}

t.test(
  'a claim is granted, refused or ends the delivery, for every status and every challenge',
  async (t) => {
    const ended = ENDED.map((status) => ({ what: status, status }))
    for (const given of [...ended, ...LIVE]) {
      for (const challenge of CHALLENGES) {
        const ids = await givenDelivery(f, { ...given, challenge })
        const before = await deliveryState(f, ids)
        const answer = await claim(ids)
        const after = await deliveryState(f, ids)
        const events = (await eventsOf(f, ids)).map((event) => event.kind)
        const what = `${given.what}, challenge ${challenge}`
        const refusal = ENDED.includes(given.status) ? 'gone' : REFUSED[given.what]
        const live = challenge === 'none' || challenge === 'live'
        if (refusal !== undefined) {
          t.match(answer, { kind: 'refused', reason: refusal, status: given.status }, what)
          t.match(after, { status: given.status, fence: before.fence, payload: before.payload }, what)
          t.same(events, [], what)
        } else if (live) {
          t.match(answer, { kind: 'claimed', claim: { fence: String(Number(before.fence) + 1) } }, what)
          t.match(after, { status: 'sending', worker: 'w1', poisoned: 1 }, what)
          t.ok((after.leaseIn ?? 0) > 1 && (after.leaseIn ?? 0) <= 10, what)
          t.equal(after.dueIn, after.leaseIn, `${what}: due when the lease ends`)
          t.same(events, [], what)
        } else {
          t.match(answer, { kind: 'refused', reason: 'challenge_over', status: 'cancelled' }, what)
          t.match(after, { status: 'cancelled', payload: null, dueIn: null, leaseIn: null }, what)
          t.same(events, ['delivery.cancelled'], what)
        }
      }
    }
  },
)

t.test('a delivery that is not there, or is another tenant’s, is gone', async (t) => {
  const ids = await givenDelivery(f)
  const other = await givenDelivery(f)
  t.match(await claim({ ...ids, tenantId: other.tenantId }), {
    kind: 'refused',
    reason: 'gone',
    status: null,
  })
  t.equal((await deliveryState(f, ids)).status, 'queued')
})

t.test('a decoy is suppressed with its event and its payload wiped, whatever its challenge', async (t) => {
  for (const challenge of ['live', 'consumed', 'none'] as const) {
    const ids = await givenDelivery(f, { decoy: true, challenge })
    t.match(await claim(ids), { kind: 'refused', reason: 'decoy', status: 'suppressed' })
    t.match(await deliveryState(f, ids), { status: 'suppressed', payload: null, dueIn: null })
    t.match(await eventsOf(f, ids), [
      { kind: 'delivery.suppressed', actor: 'service:notifier', outcome: 'success' },
    ])
  }
})

t.test(
  'a suppressed recipient gets nothing by that channel, under whichever key they were listed',
  async (t) => {
    const [theirs, before, other] = [randomBytes(32), randomBytes(32), randomBytes(32)]
    const given = async (recipient: Buffer, more: DeliveryInput = {}) => {
      const ids = await givenDelivery(f, more)
      await f.admin.query('UPDATE deliveries SET recipient_digest = $2 WHERE id = $1', [
        ids.deliveryId,
        recipient,
      ])
      return ids
    }
    const list = (ids: Ids, digest: Buffer, channel: string = ids.channel) =>
      f.admin.query(
        `INSERT INTO suppressions (tenant_id, channel, recipient_digest, reason, provider)
       VALUES ($1, $2, $3, 'hard_bounce', 'sendgrid')`,
        [ids.tenantId, channel, digest],
      )
    const ids = await given(Buffer.concat([theirs, before]))
    await list(ids, before)
    t.match(await claim(ids), { kind: 'refused', reason: 'suppressed', status: 'suppressed' })
    t.match(await deliveryState(f, ids), { status: 'suppressed', payload: null })
    t.match(await eventsOf(f, ids), [
      { kind: 'delivery.suppressed', outcome: 'success', reason: 'suppressed' },
    ])
    const sent = await given(theirs)
    await givenAttempt(f, sent, 1, 'unknown')
    await list(sent, theirs)
    t.match(await claim(sent), { reason: 'suppressed', status: 'unknown' }, 'perhaps one was sent')
    const free = await given(theirs)
    await list(free, other)
    await list(free, theirs, 'sms')
    t.match(await claim(free), { kind: 'claimed' }, 'another recipient, another channel')
    t.match(await claim(await given(theirs)), { kind: 'claimed' }, 'another tenant')
  },
)

t.test('what an earlier worker had started counts as perhaps sent', async (t) => {
  const ids = await givenDelivery(f, { status: 'sending', leaseIn: -1 })
  await givenAttempt(f, ids, 1, 'started')
  t.match(await claim(ids), { kind: 'claimed' })
  t.match(await attemptsOf(f, ids), [{ outcome: 'unknown', error_code: 'lease_ended' }])
  t.same(await eventsOf(f, ids), [], 'the delivery changed no state that has an event')
})

t.test('after two attempts that perhaps were sent there is no third', async (t) => {
  for (const outcomes of [
    ['unknown', 'started'],
    ['started', 'unknown'],
    ['unknown', 'retryable', 'unknown'],
  ]) {
    const ids = await givenDelivery(f, { status: 'sending', leaseIn: -1 })
    for (const [at, outcome] of outcomes.entries()) await givenAttempt(f, ids, at + 1, outcome)
    t.match(await claim(ids), { kind: 'refused', reason: 'attempts_used', status: 'unknown' })
    t.match(await deliveryState(f, ids), { status: 'unknown', payload: null, dueIn: null })
    t.match(await eventsOf(f, ids), [
      { kind: 'delivery.unknown', outcome: 'failed', data: { perhaps_sent: 2 } },
    ])
    t.notOk((await attemptsOf(f, ids)).some((attempt) => attempt.outcome === 'started'))
  }
})

t.test('attempts that were surely not sent do not use the two up; whoever was asked is named', async (t) => {
  const ids = await givenDelivery(f)
  for (const [at, outcome] of ['retryable', 'unknown', 'retryable', 'retryable'].entries()) {
    await givenAttempt(f, ids, at + 1, outcome)
  }
  t.match(await claim(ids), {
    kind: 'claimed',
    claim: { tried: Array(4).fill('sendgrid'), refusals: 3, senders: [] },
  })
})

t.test('what a vendor may have taken ends as unknown, not as cancelled', async (t) => {
  const ids = await givenDelivery(f, { challenge: 'consumed' })
  await givenAttempt(f, ids, 1, 'unknown')
  t.match(await claim(ids), { kind: 'refused', reason: 'challenge_over', status: 'unknown' })
  t.match(await eventsOf(f, ids), [{ kind: 'delivery.unknown', reason: 'challenge_over' }])
})

t.test('the fourth claim after three that came to nothing ends as a dead letter', async (t) => {
  const ids = await givenDelivery(f)
  for (const poisoned of [1, 2, 3]) {
    t.match(await claim(ids), { kind: 'claimed' })
    t.match(await deliveryState(f, ids), { poisoned })
    // The worker dies here, each time; its lease ends.
    await f.admin.query(`UPDATE deliveries SET lease_until = now() - interval '1 s' WHERE id = $1`, [
      ids.deliveryId,
    ])
  }
  t.match(await claim(ids), { kind: 'refused', reason: 'poisoned', status: 'dead_letter' })
  const dead = await deliveryState(f, ids)
  t.match(dead, { status: 'dead_letter', leaseIn: null })
  t.not(dead.payload, null)
  t.ok((dead.dueIn ?? 0) > 500, 'the relay looks again at its expiry')
  t.match(await eventsOf(f, ids), [{ kind: 'delivery.dead_letter', reason: 'poisoned' }])
})

t.test('of a hundred claims of one delivery exactly one is granted', async (t) => {
  const ids = await givenDelivery(f)
  const answers = await Promise.all(Array.from({ length: 100 }, () => claim(ids)))
  t.equal(answers.filter((answer) => answer.kind === 'claimed').length, 1)
  t.ok(answers.every((answer) => answer.kind === 'claimed' || answer.reason === 'taken'))
  t.match(await deliveryState(f, ids), { fence: '1', poisoned: 1 })
})

t.test('a job of another channel’s queue changes nothing, whatever the delivery waits for', async (t) => {
  for (const [channel, queue] of [
    ['sms', 'email'],
    ['email', 'sms'],
  ] as const) {
    for (const { what, ...given } of LIVE) {
      const ids = await givenDelivery(f, { ...given, channel })
      const before = await deliveryState(f, ids)
      const answer = await claim({ ...ids, channel: queue })
      t.match(
        answer,
        { kind: 'refused', reason: 'other_channel', status: given.status },
        `${channel} ${what}`,
      )
      const { status, fence, poisoned } = await deliveryState(f, ids)
      t.same(
        { status, fence, poisoned },
        { status: before.status, fence: before.fence, poisoned: before.poisoned },
      )
      t.same(await eventsOf(f, ids), [])
    }
  }
})

t.test('a claim that waited for the row decides by what it finds then', async (t) => {
  const ids = await givenDelivery(f)
  const holder = await f.admin.connect()
  await holder.query('BEGIN')
  await holder.query(`UPDATE deliveries SET status = 'cancelled', payload = NULL WHERE id = $1`, [
    ids.deliveryId,
  ])
  const claiming = claim(ids)
  await until(() => someoneWaits(f), { deadlineMs: 30_000, what: 'a claim that waits for the row' })
  await holder.query('COMMIT')
  holder.release()
  t.match(await claiming, { kind: 'refused', reason: 'gone' })
  t.match(await deliveryState(f, ids), { status: 'cancelled', fence: '0' })
})

t.test(
  'the claim says how long it was due and how long the link still works, by the database’s clock',
  async (t) => {
    const ids = await givenDelivery(f, { sendIn: -3, expiresIn: 3_600 })
    const answer = await claim(ids)
    if (answer.kind !== 'claimed') throw new Error('not claimed')
    t.ok(answer.claim.secondsWaited >= 3 && answer.claim.secondsWaited < 33)
    t.ok(
      answer.claim.secondsLeft > 570 && answer.claim.secondsLeft <= 600,
      'the challenge ends before the delivery does',
    )
  },
)
