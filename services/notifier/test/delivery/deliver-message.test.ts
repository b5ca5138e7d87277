import { randomUUID } from 'node:crypto'
import { systemClock } from '@postern/service-kit/clock'
import { systemRandom } from '@postern/service-kit/random'
import { capturedLogger } from '@postern/testkit/captured-logs'
import { seal } from '@postern/token/seal'
import t, { type Test } from 'tap'
import { deliverMessageJob } from '../../src/delivery/deliver-message.job.ts'
import { type DeliverDeps, deliverMessage } from '../../src/delivery/deliver-message.ts'
import { createEmailChannel } from '../../src/delivery/email-channel.ts'
import { noFailpoint } from '../../src/failpoint.ts'
import type { Sender } from '../../src/sender/sender.ts'
import { createSendGridSender } from '../../src/sender/sendgrid.sender.ts'
import { createVendorRouter } from '../../src/sender/vendor-router.ts'
import {
  attemptsOf,
  deliveryState,
  endLease,
  eventsOf,
  fixture,
  givenAttempt,
  givenDelivery,
  type Ids,
} from '../delivery-fixture.ts'
import { payloadOf } from '../payload-fixture.ts'
import { vendorDouble } from '../vendor-fixture.ts'

const API_KEY = 'SG.canary-key-4711.canary-key-4711-canary-key-4711'
const f = await fixture(t)
const vendor = await vendorDouble(t)
const deps: DeliverDeps<never> = {
  database: f.database as never,
  clock: systemClock,
  random: systemRandom,
  worker: 'w1',
  failpoint: noFailpoint,
  callMs: 1_000,
}
const sendgrid = createSendGridSender({ url: vendor.url, apiKey: API_KEY, timeoutMs: 1_000, connections: 50 })
t.teardown(() => sendgrid.close())

const channelOf = (...senders: [Sender, ...Sender[]]) =>
  createEmailChannel({
    sealRing: { ring: f.sealRing, refresh: () => undefined },
    from: 'sign-in@id.example.org',
    vendors: createVendorRouter(senders),
  })
const email = channelOf(sendgrid)
const deliver = (ids: Ids, more: Partial<typeof deps> = {}, channel = email) =>
  deliverMessage({ ...deps, ...more }, channel, ids)
/** The same database, where something happens before a worker's nth trip to it. */
function beforeTrip(nth: number, happens: () => Promise<unknown>): never {
  let trips = 0
  const connect = async () => {
    trips += 1
    if (trips === nth) await happens()
    return f.database.pool.connect()
  }
  return { ...f.database, pool: { connect } } as never
}
const uniqueAddress = () => `${randomUUID()}@example.org`

t.test('a delivery is opened, rendered, sent to its one recipient and told', async (t) => {
  const to = uniqueAddress()
  const link = 'https://id.example.org/l#AQE_secret'
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const ids = await givenDelivery(f, { to, link, tenantName: 'Acme & Sons', traceparent })
  t.match(await deliver(ids), { kind: 'called', ending: { status: 'accepted' } })
  const [mail, ...more] = await vendor.inbox(to)
  t.same(more, [])
  t.match(mail, { to, subject: 'Sign in to Acme & Sons', from_name: 'Acme & Sons' })
  t.match(mail?.text, `${link}\n`)
  t.match(mail?.text, /for 10 minutes after it was sent/)
  t.match(mail?.html, `href="${link}"`)
  t.match(await deliveryState(f, ids), { status: 'accepted', payload: null, dueIn: null, leaseIn: null })
  const events = await eventsOf(f, ids)
  t.match(events, [
    { kind: 'delivery.attempted', outcome: 'success', data: { attempt: 1, provider: 'sendgrid' } },
    { kind: 'delivery.accepted', outcome: 'success', data: { attempt: 1, provider_message_id: /.+/ } },
  ])
  t.ok(events.every((event) => event.traceparent === traceparent && event.actor === 'service:notifier'))
})

t.test('a hundred workers racing on one delivery make one vendor call', async (t) => {
  const ids = await givenDelivery(f)
  const results = await Promise.all(Array.from({ length: 100 }, (_, n) => deliver(ids, { worker: `w${n}` })))
  t.equal(results.filter(({ kind }) => kind === 'called').length, 1)
  t.equal((await vendor.calls(ids.deliveryId)).length, 1)
  t.equal((await attemptsOf(f, ids)).length, 1)
  t.same(
    (await eventsOf(f, ids)).map(({ kind }) => kind),
    ['delivery.attempted', 'delivery.accepted'],
  )
})

const FAULTS: readonly (readonly [object, string, object])[] = [
  [{ mode: 'status', status: 400 }, 'failed', { outcome: 'permanent', error_code: 'http_400' }],
  [{ mode: 'status', status: 413 }, 'failed', { outcome: 'permanent', error_code: 'http_413' }],
  [
    { mode: 'status', status: 401 },
    'pending',
    { outcome: 'retryable', error_code: 'vendor_account_refused' },
  ],
  [{ mode: 'status', status: 429 }, 'pending', { outcome: 'retryable', error_code: 'vendor_rate_limited' }],
  [{ mode: 'status', status: 500 }, 'pending', { outcome: 'unknown', error_code: 'http_500' }],
  [{ mode: 'bad_body', status: 502 }, 'pending', { outcome: 'unknown', error_code: 'http_502' }],
  [{ mode: 'timeout' }, 'pending', { outcome: 'unknown', error_code: 'timeout' }],
  [{ mode: 'reset_before' }, 'pending', { outcome: 'unknown', error_code: 'connection_reset' }],
  [{ mode: 'accept_then_reset' }, 'pending', { outcome: 'unknown', error_code: 'connection_reset' }],
  [{ mode: 'delay', delay_ms: 3_000 }, 'pending', { outcome: 'unknown', error_code: 'timeout' }],
  [{ mode: 'bad_body' }, 'accepted', { outcome: 'accepted', error_code: null }],
]

t.test('what the vendor does wrong decides between failed, later and perhaps', async (t) => {
  for (const [fault, status, attempt] of FAULTS) {
    const what = JSON.stringify(fault)
    const ids = await givenDelivery(f)
    await vendor.fault({ ...fault })
    await deliver(ids)
    const state = await deliveryState(f, ids)
    t.equal(state.status, status, what)
    t.match(await attemptsOf(f, ids), [attempt], what)
    t.equal(
      state.payload === null,
      status !== 'pending',
      `${what}: the payload is kept as long as it is needed`,
    )
    if (attempt && 'outcome' in attempt && attempt.outcome === 'unknown') {
      t.ok((state.dueIn ?? 0) > 9 && (state.dueIn ?? 0) < 13, `${what}: nothing is sent again before 10 s`)
    }
    t.match(await deliver(ids), { kind: 'refused', reason: status === 'pending' ? 'not_due' : 'gone' }, what)
    t.equal((await vendor.calls(ids.deliveryId)).length, 1, what)
  }
})

t.test('an unknown outcome is followed by one resend of the same link at most', async (t) => {
  const to = uniqueAddress()
  const ids = await givenDelivery(f, { to })
  const due = () => f.admin.query('UPDATE deliveries SET due_at = now() WHERE id = $1', [ids.deliveryId])
  await vendor.fault({ mode: 'accept_then_reset', times: 2 })
  await deliver(ids)
  await due()
  t.match(await deliver(ids), {
    kind: 'called',
    attempt: { number: 2, isLast: true },
    ending: { status: 'unknown' },
  })
  t.match(await deliver(ids), { kind: 'refused', reason: 'gone' })
  const mails = await vendor.inbox(to)
  t.equal(mails.length, 2)
  t.equal(mails[0]?.text.match(/https:\S+/)?.[0], mails[1]?.text.match(/https:\S+/)?.[0])
  t.match(await deliveryState(f, ids), { status: 'unknown', payload: null, dueIn: null })
  t.same(
    (await eventsOf(f, ids)).map(({ kind }) => kind),
    ['delivery.attempted', 'delivery.deferred', 'delivery.attempted', 'delivery.unknown'],
  )
})

t.test(
  'a vendor that was surely not reached is tried until the time is over, more slowly each time',
  async (t) => {
    const ids = await givenDelivery(f)
    const waits: number[] = []
    await vendor.fault({ mode: 'status', status: 403, times: 4 })
    for (let n = 0; n < 4; n += 1) {
      await f.admin.query('UPDATE deliveries SET due_at = now() WHERE id = $1', [ids.deliveryId])
      await deliver(ids, { random: { ...systemRandom, bytes: (size) => Buffer.alloc(size) } })
      waits.push(Math.round((await deliveryState(f, ids)).dueIn ?? 0))
    }
    t.same(waits, [1, 2, 4, 8])
    await f.admin.query('UPDATE deliveries SET due_at = now() WHERE id = $1', [ids.deliveryId])
    t.match(await deliver(ids), { kind: 'called', attempt: { number: 5 }, ending: { status: 'accepted' } })
  },
)

t.test('where there are two vendors the second is asked at once, with the same mail', async (t) => {
  const seen: string[] = []
  const vendorOf = (provider: string, accepts: boolean): Sender => ({
    provider,
    async send({ text }) {
      seen.push(`${provider} ${text.match(/https:\S+/)?.[0]}`)
      return accepts ? { kind: 'accepted', providerMessageId: 'x' } : { kind: 'retryable', code: 'down' }
    },
  })
  const ids = await givenDelivery(f)
  const channel = channelOf(vendorOf('a', false), vendorOf('b', true))
  t.match(await deliver(ids, {}, channel), { kind: 'called', ending: { status: 'pending', retryInMs: 0 } })
  t.match(await deliver(ids, {}, channel), { kind: 'called', ending: { status: 'accepted' } })
  t.same(seen, ['a https://id.example.org/l#abc', 'b https://id.example.org/l#abc'])
})

t.test('no vendor is called once the challenge is over, before the claim or after it', async (t) => {
  for (const challenge of ['consumed', 'superseded', 'revoked', 'expired'] as const) {
    const over = await givenDelivery(f, { challenge })
    t.match(await deliver(over), { kind: 'refused', reason: 'challenge_over', ended: 'cancelled' }, challenge)
    t.same(await vendor.calls(over.deliveryId), [], challenge)
  }
  const ids = await givenDelivery(f)
  // The claim is made; before the attempt begins somebody uses the link of an earlier mail.
  const consume = () =>
    f.admin.query('UPDATE challenges SET consumed_at = now() WHERE id = $1', [ids.challengeId])
  t.match(await deliver(ids, { database: beforeTrip(2, consume) }), { kind: 'stopped' })
  t.same(await vendor.calls(ids.deliveryId), [])
})

t.test('a database that fails before the attempt is not held against the message', async (t) => {
  const ids = await givenDelivery(f)
  const fail = async () => Promise.reject(new Error('timeout exceeded when trying to connect'))
  await t.rejects(deliver(ids, { database: beforeTrip(2, fail) }), /timeout/)
  t.match(await deliveryState(f, ids), { status: 'sending', poisoned: 0 })
  t.same(await vendor.calls(ids.deliveryId), [])
})

t.test('a database that is away when the vendor has answered does not make a second send', async (t) => {
  const ids = await givenDelivery(f)
  const fail = async () => Promise.reject(new Error('timeout exceeded when trying to connect'))
  t.match(await deliver(ids, { database: beforeTrip(3, fail) }), {
    kind: 'called',
    ending: { status: 'accepted' },
  })
  t.match(await deliveryState(f, ids), { status: 'accepted' })
  t.equal((await vendor.calls(ids.deliveryId)).length, 1)
})

t.test('a decoy never reaches a vendor', async (t) => {
  const ids = await givenDelivery(f, { decoy: true })
  t.match(await deliver(ids), { kind: 'refused', reason: 'decoy', ended: 'suppressed' })
  t.same(await vendor.calls(ids.deliveryId), [])
})

t.test(
  'a payload that does not open or has another form is tried three times, then a dead letter',
  async (t) => {
    const other = { tenantId: randomUUID(), table: 'deliveries', rowId: randomUUID() }
    const moved = seal(f.sealRing, Buffer.from(JSON.stringify(payloadOf())), other, Buffer.alloc(12, 7)).box
    const cases: readonly (readonly [string, Parameters<typeof givenDelivery>[1]])[] = [
      ['payload_missing', { payload: null }],
      ['payload_sealed', { payload: Buffer.from('not a box at all, but long enough') }],
      ['payload_sealed', { payload: moved }],
      ['payload_malformed', { payload: { ...payloadOf(), v: 2 } }],
      ['payload_malformed', { payload: { ...payloadOf(), extra: 1 } }],
      ['payload_malformed', { payload: { ...payloadOf(), to: ['a@example.org', 'b@example.org'] } }],
      ['payload_malformed', { to: 'a@example.org,b@example.org' }],
      ['payload_malformed', { to: 'Ada <a@example.org>' }],
      ['payload_malformed', { to: 'a@example.org\r\nBcc: b@example.org' }],
      ['payload_malformed', { to: '"a b"@example.org' }],
      ['payload_malformed', { link: 'javascript:alert(1)' }],
      ['payload_malformed', { link: 'https://id.example.org/l#a b' }],
      ['template_missing', { template: 'nothing' }],
    ]
    for (const [reason, input] of cases) {
      const what = `${reason} ${JSON.stringify(input)}`
      const ids = await givenDelivery(f, input)
      for (const status of ['pending', 'pending', 'dead_letter']) {
        await f.admin.query('UPDATE deliveries SET due_at = now() WHERE id = $1', [ids.deliveryId])
        t.match(await deliver(ids), { kind: 'poisoned', reason, status }, what)
      }
      t.match(await deliveryState(f, ids), { status: 'dead_letter', payload: null }, what)
      t.same(await attemptsOf(f, ids), [], what)
      t.same(await vendor.calls(ids.deliveryId), [], what)
    }
  },
)

t.test('a key that came with a rotation is looked for before the payload is given up', async (t) => {
  const ids = await givenDelivery(f)
  await f.admin.query('UPDATE deliveries SET payload_version = 9 WHERE id = $1', [ids.deliveryId])
  let looked = 0
  const channel = createEmailChannel({
    sealRing: { ring: f.sealRing, refresh: () => (looked += 1) },
    from: 'a@example.org',
    vendors: createVendorRouter([sendgrid]),
  })
  t.match(await deliver(ids, {}, channel), { kind: 'poisoned', reason: 'payload_sealed' })
  t.equal(looked, 1)
})

t.test('a worker paused over its lease records nothing, and the one that took over decides', async (t) => {
  const ids = await givenDelivery(f)
  const taken = Promise.withResolvers<void>()
  const paused: Sender = {
    provider: 'sendgrid',
    async send() {
      await taken.promise
      return { kind: 'accepted', providerMessageId: 'late' }
    },
  }
  const { promise: calling, resolve: called } = Promise.withResolvers<void>()
  const late = deliver(ids, { failpoint: (point) => point === 'K6' && called() }, channelOf(paused))
  await calling
  await endLease(f, ids)
  t.match(await deliver(ids, { worker: 'w2' }), { kind: 'called', attempt: { number: 2, isLast: true } })
  const before = [await attemptsOf(f, ids), await eventsOf(f, ids)]
  taken.resolve()
  t.match(await late, { kind: 'fenced' })
  t.same([await attemptsOf(f, ids), await eventsOf(f, ids)], before)
  t.match(await deliveryState(f, ids), { status: 'accepted' })
})

t.test('a worker that was paused before its call does not make it', async (t) => {
  const ids = await givenDelivery(f)
  let skew = 0
  const clock = { now: () => new Date(Date.now() + skew) }
  const failpoint = (point: string) => {
    if (point === 'K6') skew = 5_000
  }
  t.match(await deliver(ids, { clock, failpoint }), {
    kind: 'called',
    ending: { outcome: 'retryable', errorCode: 'started_too_late', status: 'pending' },
  })
  t.same(await vendor.calls(ids.deliveryId), [])
})

t.test('a sender that throws may have sent, and its error goes nowhere', async (t) => {
  const ids = await givenDelivery(f)
  const broken: Sender = {
    provider: 'sendgrid',
    send: () => Promise.reject(new Error(`Bearer ${API_KEY}`)),
  }
  t.match(await deliver(ids, {}, channelOf(broken)), {
    kind: 'called',
    ending: { errorCode: 'sender_failed' },
  })
  t.notMatch(JSON.stringify([await eventsOf(f, ids), await attemptsOf(f, ids)]), 'canary')
})

t.test('a third claim after two perhaps sent calls no vendor', async (t) => {
  const ids = await givenDelivery(f, { status: 'sending', leaseIn: -1 })
  await givenAttempt(f, ids, 1, 'unknown')
  await givenAttempt(f, ids, 2, 'started')
  t.match(await deliver(ids), { kind: 'refused', reason: 'attempts_used', ended: 'unknown' })
  t.same(await vendor.calls(ids.deliveryId), [])
})

t.test('no key, link or address is in any log line, event or attempt, whatever goes wrong', async (t) => {
  const link = 'https://id.example.org/l#canary-link-4711'
  const to = 'canary-address-4711@example.org'
  const logs = capturedLogger('notifier')
  const handle = deliverMessageJob(
    { ...deps, logger: logs.logger, deliveryMetrics: { count: () => undefined } },
    email,
  )
  const faults = [{ mode: 'delay', delay_ms: 1 }, ...FAULTS.map(([fault]) => fault)]
  for (const fault of faults) {
    const ids = await givenDelivery(f, { link, to })
    await vendor.fault({ ...fault })
    await handle(
      { v: 1, tenant_id: ids.tenantId, delivery_id: ids.deliveryId },
      { jobId: 'j', signal: new AbortController().signal },
    )
    await expectNoCanary(t, ids, logs.text())
  }
  const poison = await givenDelivery(f, { payload: { ...payloadOf({ link, to }), extra: 'canary-4711' } })
  await handle(
    { v: 1, tenant_id: poison.tenantId, delivery_id: poison.deliveryId },
    { jobId: 'j', signal: new AbortController().signal },
  )
  await expectNoCanary(t, poison, logs.text())
  t.ok(logs.lines().length >= faults.length, 'there were lines to search')
})

async function expectNoCanary(t: Test, ids: Ids, logs: string): Promise<void> {
  const { payload: _, ...state } = await deliveryState(f, ids)
  const told = JSON.stringify([state, await eventsOf(f, ids), await attemptsOf(f, ids)])
  t.notMatch(told, /canary/)
  t.notMatch(logs, /canary/)
}
