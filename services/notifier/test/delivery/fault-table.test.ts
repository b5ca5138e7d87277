// What must hold whatever a vendor does, tried for a tenant that sends SMS by two accounts of Twilio. Each test has the name
// of its row in docs/chaos.md.

import { once } from 'node:events'
import net from 'node:net'
import { applyReceipts, type Receipt } from '@postern/db/receipt.store'
import { createSandbox } from '@postern/sandbox/sandbox'
import t, { type Test } from 'tap'
import { attemptsOf, deliveryState, fixture, type Ids } from '../delivery-fixture.ts'
import { ACCOUNTS, type Call, comesDue, failoverSite, giveTenant, listSenders } from './failover-site.ts'

const f = await fixture(t)

/** The second account is at a double of its own, so that a fault is one account's. `firstUrl`: what stands for the first. */
async function twoAccounts(t: Test, firstUrl?: string) {
  const site = await failoverSite(t, f, { channel: 'sms' })
  const other = await createSandbox()
  t.teardown(other.close)
  const first = { ...site.settings.twilio, ...(firstUrl && { url: firstUrl }) }
  const second = { ...site.settings.secondTwilio, url: `${other.url}/twilio` }
  const ask = async (path: string): Promise<unknown> => (await fetch(`${other.url}${path}`)).json()
  const secondCalls = async () => (await ask('/calls')) as Call[]
  return {
    ...site,
    /** A message of a tenant that lists both. */
    async given(input: { code?: string; expiresIn?: number; to?: string } = {}): Promise<Ids> {
      const ids = await site.given(input)
      await giveTenant(f, ids)
      await listSenders(f, ids, [
        { provider: 'twilio', settings: first },
        { provider: 'twilio', settings: second },
      ])
      return ids
    },
    /** Another message of the same tenant. */
    more: (tenantId: string) => site.given({ tenantId }),
    failSecond: (fault: object) =>
      fetch(`${other.url}/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ provider: 'twilio', ...fault }),
      }),
    mendSecond: () => fetch(`${other.url}/faults`, { method: 'DELETE' }),
    /** Sends of it, by account. */
    async sends(ids: Ids) {
      const own = ({ method, to }: Call) => method === 'POST' && to === ids.to
      return [(await site.allCalls()).filter(own), (await secondCalls()).filter(own)] as const
    },
    /** What its recipient got, by account. */
    async texts({ to }: Ids) {
      const theirs = (await ask(`/inbox/messages?to=${encodeURIComponent(to)}`)) as { text: string }[]
      return [
        (await site.inbox({ to } as Ids)).map(({ text }) => text),
        theirs.map(({ text }) => text),
      ] as const
    },
  }
}

/** A port that resets whoever connects, before a TLS client could have sent a request. */
async function resettingPort(t: Test): Promise<number> {
  const server = net.createServer((socket) => socket.on('error', () => undefined).resetAndDestroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as net.AddressInfo).port
}

t.test('vendor answers 5xx or 429, or resets before the request', async (t) => {
  const here = await twoAccounts(t)
  for (const status of [503, 429, 500, 502]) {
    const ids = await here.given({ code: '161803' })
    await here.fault('twilio', { mode: 'status', status, times: 1, method: 'POST' })
    const { status: end, waits } = await here.work(ids)
    t.equal(end, 'accepted', `${status}`)
    t.equal(waits, 0, `${status}: the other is asked at once`)
    const [none, [text, ...more]] = await here.texts(ids)
    t.same([none, more], [[], []])
    t.match(text, '161803', 'the same code')
  }
  for (const url of ['http://127.0.0.1:9', `https://127.0.0.1:${await resettingPort(t)}`]) {
    const there = await twoAccounts(t, url)
    const ids = await there.given({ code: '161803' })
    const { status: end, waits } = await there.work(ids)
    t.equal(end, 'accepted', url)
    t.equal(waits, 0, `${url}: the other is asked at once`)
    t.match((await attemptsOf(f, ids))[0], { outcome: 'retryable' })
    t.match((await there.texts(ids))[1], [/161803/])
  }
})

t.test('vendor accepts, then hangs up or falls silent', async (t) => {
  const here = await twoAccounts(t)
  for (const mode of ['accept_then_reset', 'delay']) {
    const ids = await here.given()
    await here.fault('twilio', {
      mode,
      times: 1,
      method: 'POST',
      ...(mode === 'delay' && { delay_ms: 5_000 }),
    })
    t.equal((await here.work(ids)).status, 'pending')
    t.ok(((await deliveryState(f, ids)).dueIn ?? 0) > 5, 'a receipt may come')
    await comesDue(f, ids)
    t.match(await here.deliver(ids), { kind: 'found', recorded: true }, 'it is looked up first')
    const [first, second] = await here.sends(ids)
    t.same([first.length, second.length], [1, 0])
  }

  const denied = await here.given()
  await here.fault('twilio', { mode: 'accept_then_reset', times: 1, method: 'POST' })
  await here.work(denied)
  await comesDue(f, denied)
  await here.fault('twilio', { mode: 'status', status: 403, method: 'GET' })
  await here.failSecond({ mode: 'accept_then_reset', times: 1, method: 'POST' })
  t.match(await here.deliver(denied), {
    kind: 'called',
    attempt: { isLast: true },
    ending: { status: 'unknown' },
  })
  await comesDue(f, denied)
  t.match(await here.deliver(denied), { kind: 'refused', reason: 'gone' })
  const [first, second] = await here.sends(denied)
  t.same([first.length, second.length], [1, 1], 'one resend, and no third')
  const [one, two] = await here.texts(denied)
  t.same(one, two, 'both hold the same code')
})

/** Says by a receipt that the first attempt's message has arrived. */
async function firstArrived({ tenantId, deliveryId }: Ids) {
  const { rows } = await f.admin.query(
    'SELECT sender_id FROM attempts WHERE delivery_id = $1 AND number = 1',
    [deliveryId],
  )
  const receipt: Receipt = {
    eventKey: Buffer.alloc(32, 1),
    deliveryId,
    attempt: 1,
    status: 'delivered',
    proves: 'delivered',
    passedOn: false,
    suppress: null,
    errorCode: null,
    providerMessageId: `SM${'1'.repeat(32)}`,
    occurredAt: new Date(),
  }
  const batch = { tenantId, provider: 'twilio' as const, senderId: rows[0]?.sender_id, receipts: [receipt] }
  return applyReceipts(f.run(tenantId), batch)
}

t.test('a receipt that comes first saves the resend', async (t) => {
  const here = await twoAccounts(t)
  const ids = await here.given()
  await here.fault('twilio', { mode: 'accept_then_reset', times: 1, method: 'POST' })
  await here.work(ids)
  t.match(await firstArrived(ids), [{ result: 'applied', moved: 'delivered' }])
  await comesDue(f, ids)
  t.match(await here.deliver(ids), { kind: 'refused', reason: 'gone' })
  const [first, second] = await here.sends(ids)
  t.same([first.length, second.length], [1, 0])
})

t.test('all vendors down past the expiry', async (t) => {
  const here = await twoAccounts(t)
  const down = { mode: 'status', status: 503 }
  await here.fault('twilio', down)
  await here.failSecond(down)
  const ids = await here.given()
  for (let n = 0; n < 4; n += 1) {
    await here.deliver(ids)
    await comesDue(f, ids)
  }
  await here.mend()
  await here.mendSecond()
  await f.admin.query('UPDATE deliveries SET expires_at = now(), due_at = now() WHERE id = $1', [
    ids.deliveryId,
  ])
  t.match(await here.deliver(ids), { kind: 'refused', reason: 'expired' })
  await f.admin.query('SELECT expire_due(1000, false)')
  t.match(await deliveryState(f, ids), { status: 'expired', payload: null })
  t.same(await here.texts(ids), [[], []])
})

t.test('vendor flaps', async (t) => {
  const here = await twoAccounts(t)
  // All by one list, and so by one breaker.
  const { tenantId } = await here.given()
  const again = () => here.more(tenantId)
  await here.fault('twilio', { mode: 'status', status: 503, share: 0.5, method: 'POST' })
  const isOpen = () => here.logs.lines().some(({ is_open }) => is_open === true)
  const firsts = async () => (await here.allCalls()).filter(({ method }) => method === 'POST')
  for (let n = 0; n < 30 && !isOpen(); n += 1) t.equal((await here.work(await again())).status, 'accepted')
  t.ok(isOpen())
  const before = (await firsts()).length
  t.ok(before <= 20, `left alone after ${before} calls`)

  await here.fault('twilio', { mode: 'status', status: 503, method: 'POST' })
  const began = performance.now()
  while (performance.now() - began < 2_500) t.equal((await here.work(await again())).status, 'accepted')
  const seconds = (performance.now() - began) / 1_000
  const probes = (await firsts()).length - before
  t.ok(probes <= 1 + Math.floor(seconds), `${probes} probes in ${seconds.toFixed(1)} s`)
})

/** What Twilio answers by itself for these numbers, and by a fault for the one that it has no number for. */
const FOR_GOOD: readonly (readonly [to: string, code: number, ours: string])[] = [
  ['+15005550001', 21_211, 'recipient_invalid'],
  ['+15005550004', 21_610, 'recipient_opted_out'],
  ['+15005550123', 30_450, 'pumping_blocked'],
]

t.test('refused for good', async (t) => {
  const here = await twoAccounts(t)
  for (const [to, code, ours] of FOR_GOOD) {
    const ids = await here.given({ to })
    if (code === 30_450)
      await here.fault('twilio', { mode: 'status', status: 400, error_code: code, times: 1, method: 'POST' })
    t.equal((await here.work(ids)).status, 'failed', `${code}`)
    t.match(await attemptsOf(f, ids), [{ outcome: 'permanent', error_code: ours }])
    const [first, second] = await here.sends(ids)
    t.same([first.length, second.length], [1, 0], `${code}: no other vendor is asked`)
    t.match(await here.deliver(ids), { kind: 'refused', reason: 'gone' })
  }

  const ids = await here.given()
  await f.admin.query('UPDATE deliveries SET recipient_digest = $1 WHERE id = $2', [
    Buffer.alloc(32, 9),
    ids.deliveryId,
  ])
  await f.admin.query(
    `INSERT INTO suppressions (tenant_id, channel, recipient_digest, reason, provider)
     VALUES ($1, 'sms', $2, 'opt_out', 'twilio')`,
    [ids.tenantId, Buffer.alloc(32, 9)],
  )
  t.match(await here.deliver(ids), { kind: 'refused', reason: 'suppressed', ended: 'suppressed' })
  t.same(await here.sends(ids), [[], []], 'nobody is asked for who wants nothing')
})

t.test('refused for good by one vendor when another may have sent it: nobody can say', async (t) => {
  const here = await twoAccounts(t)
  const ids = await here.given({ to: '+15005550001' })
  await here.fault('twilio', { mode: 'status', status: 500, times: 1, method: 'POST' })
  t.equal((await here.work(ids)).status, 'unknown')
  t.match(await attemptsOf(f, ids), [
    { outcome: 'unknown' },
    { outcome: 'permanent', error_code: 'recipient_invalid' },
  ])
  t.match(await firstArrived(ids), [{ moved: 'delivered' }], 'until a receipt says so')
})

t.test('whoever opted out at one vendor gets nothing by another, and it is told once', async (t) => {
  const here = await twoAccounts(t)
  const known = async (ids: Ids) => {
    await f.admin.query('UPDATE deliveries SET recipient_digest = $1 WHERE id = $2', [
      Buffer.alloc(32, 7),
      ids.deliveryId,
    ])
    return ids
  }
  const ids = await known(await here.given({ to: '+15005550004' }))
  t.equal((await here.work(ids)).status, 'failed')
  const { rows } = await f.admin.query(
    'SELECT channel, reason, provider FROM suppressions WHERE tenant_id = $1',
    [ids.tenantId],
  )
  t.same(rows, [{ channel: 'sms', reason: 'opt_out', provider: 'twilio' }])
  const told = await f.admin.query(
    `SELECT reason, data->>'delivery_id' AS delivery FROM outbox WHERE tenant_id = $1 AND kind = 'suppression.created'`,
    [ids.tenantId],
  )
  t.same(told.rows, [{ reason: 'opt_out', delivery: ids.deliveryId }])

  const next = await known(await here.more(ids.tenantId))
  t.match(await here.deliver(next), { kind: 'refused', reason: 'suppressed', ended: 'suppressed' })
  t.same(await here.sends(next), [[], []], 'no vendor is asked')
})

t.test('both accounts are one provider and two vendors: each is named by its sender', async (t) => {
  const here = await twoAccounts(t)
  const ids = await here.given()
  await here.fault('twilio', { mode: 'status', status: 401, times: 1, method: 'POST' })
  t.equal((await here.work(ids)).status, 'accepted')
  const { rows } = await f.admin.query(
    `SELECT a.provider, s.settings->>'account_sid' AS account, a.outcome FROM attempts a JOIN senders s ON s.id = a.sender_id
      WHERE a.delivery_id = $1 ORDER BY a.number`,
    [ids.deliveryId],
  )
  t.same(rows, [
    { provider: 'twilio', account: ACCOUNTS[0], outcome: 'retryable' },
    { provider: 'twilio', account: ACCOUNTS[1], outcome: 'accepted' },
  ])
  const [, [call]] = await here.sends(ids)
  t.match(call?.path, ACCOUNTS[1])
})
