// Failover over real HTTP and SMTP, on the real lists, shelves and breakers: the same secret by the next vendor at once
// where nothing was sent, and never where something may have been.

import t from 'tap'
import { v7 as uuid } from 'uuid'
import { attemptsOf, deliveryState, eventsOf, fixture, type Ids } from '../delivery-fixture.ts'
import { comesDue, failoverSite, giveTenant, listSenders } from './failover-site.ts'

const f = await fixture(t)

const due = (ids: Ids) => comesDue(f, ids)

/** What makes the first vendor send nothing, and the code that its attempt is recorded with. */
const NOT_SENT: readonly (readonly [object, string])[] = [
  [{ mode: 'status', status: 503 }, 'http_503'],
  [{ mode: 'status', status: 429 }, 'vendor_rate_limited'],
  [{ mode: 'status', status: 401 }, 'vendor_account_refused'],
]

t.test('the first vendor sends nothing: the next sends the same link at once', async (t) => {
  const { given, work, fault, calls, inbox } = await failoverSite(t, f)
  for (const [scripted, code] of NOT_SENT) {
    const link = `https://id.example.org/l#${uuid()}`
    const ids = await given({ link })
    await fault('sendgrid', { times: 1, ...scripted })
    const { status, waits } = await work(ids)
    t.equal(status, 'accepted', code)
    t.equal(waits, 0, code)
    t.match(await attemptsOf(f, ids), [
      { provider: 'sendgrid', outcome: 'retryable', error_code: code },
      { provider: 'ses', outcome: 'accepted' },
    ])
    const [mail, ...more] = await inbox(ids)
    t.same(more, [], 'one mail')
    t.equal(mail?.provider, 'ses')
    t.match(mail?.text, link)
    t.same(
      (await calls(ids)).map(({ provider, marker }) => [provider, marker?.attempt]),
      [
        ['sendgrid', 1],
        ['ses', 2],
      ],
      'both calls carry its mark',
    )
  }
})

t.test('one vendor after the other fails: each is asked once, in order, and the last sends', async (t) => {
  const { given, work, fault, calls } = await failoverSite(t, f)
  for (const provider of ['sendgrid', 'ses', 'smtp']) await fault(provider, { mode: 'status', status: 503 })
  const ids = await given()
  t.equal((await work(ids)).status, 'accepted')
  t.same(
    (await calls(ids)).map(({ provider }) => provider),
    ['sendgrid', 'ses', 'smtp', 'gateway'],
  )
})

t.test('a vendor that answers 500 is not waited for, but its attempt counts as perhaps sent', async (t) => {
  const { given, work, deliver, fault, calls } = await failoverSite(t, f)
  await fault('sendgrid', { mode: 'status', status: 500, times: 1 })
  const sent = await given()
  t.equal((await work(sent)).waits, 0)
  t.match(await attemptsOf(f, sent), [{ outcome: 'unknown' }, { provider: 'ses', outcome: 'accepted' }])

  await fault('sendgrid', { mode: 'status', status: 500, times: 1 })
  await fault('ses', { mode: 'status', status: 502, times: 1 })
  const twice = await given()
  t.equal((await work(twice)).status, 'unknown', 'two that perhaps were sent are the last')
  t.match(await deliver(twice), { kind: 'refused', reason: 'gone' })
  t.equal((await calls(twice)).length, 2)
})

t.test('a vendor that fell silent after it took the mail is not failed over blindly', async (t) => {
  const { given, work, deliver, fault, calls, inbox } = await failoverSite(t, f)
  await fault('sendgrid', { mode: 'accept_then_reset', times: 1 })
  const ids = await given()
  t.equal((await work(ids)).status, 'pending')
  const { dueIn } = await deliveryState(f, ids)
  t.ok((dueIn ?? 0) > 5 && (dueIn ?? 0) <= 12, `nothing before ten seconds: ${dueIn}`)
  t.equal((await calls(ids)).length, 1)
  await due(ids)
  t.match(await deliver(ids), { kind: 'called', attempt: { provider: 'ses', isLast: true } })
  const mails = await inbox(ids)
  t.equal(mails.length, 2)
  t.equal(mails[0]?.text, mails[1]?.text, 'both hold the same link')
})

t.test('a refusal for good is for all vendors', async (t) => {
  const { given, work, fault, calls } = await failoverSite(t, f)
  await fault('sendgrid', { mode: 'status', status: 400, times: 1 })
  const ids = await given()
  t.equal((await work(ids)).status, 'failed')
  t.same(
    (await calls(ids)).map(({ provider }) => provider),
    ['sendgrid'],
  )
})

t.test('with every vendor down past the expiry it ends as expired, and nothing goes out late', async (t) => {
  const { given, deliver, fault, mend, calls } = await failoverSite(t, f, { providers: ['sendgrid', 'ses'] })
  for (const provider of ['sendgrid', 'ses']) await fault(provider, { mode: 'status', status: 503 })
  const ids = await given()
  for (let n = 0; n < 5; n += 1) {
    await deliver(ids)
    await due(ids)
  }
  const before = (await calls(ids)).length
  t.ok(before >= 2)
  await mend()
  await f.admin.query(
    `UPDATE deliveries SET expires_at = now() - interval '1 ms', due_at = now() WHERE id = $1`,
    [ids.deliveryId],
  )
  t.match(await deliver(ids), { kind: 'refused', reason: 'expired' })
  await f.admin.query('SELECT expire_due(1000, false)')
  t.match(await deliveryState(f, ids), { status: 'expired', payload: null })
  t.equal((await calls(ids)).length, before)
})

t.test('a vendor that flaps is left alone within twenty calls, while every mail goes out', async (t) => {
  const { given, work, fault, allCalls, logs, metrics } = await failoverSite(t, f, {
    providers: ['sendgrid', 'ses'],
  })
  await fault('sendgrid', { mode: 'status', status: 503, share: 0.5 })
  const asked = async () => (await allCalls()).filter(({ provider }) => provider === 'sendgrid').length
  const isOpen = () => logs.lines().some(({ is_open }) => is_open === true)
  for (let n = 0; n < 40 && !isOpen(); n += 1) t.equal((await work(await given())).status, 'accepted')
  t.ok(isOpen())
  t.ok((await asked()) <= 20, `after ${await asked()} calls`)
  t.match(await metrics(), /postern_vendor_breakers_open\{[^}]*provider="sendgrid"[^}]*\} 1/)
})

t.test(
  'where none may be called a delivery waits, uses up nothing, and goes out when one is back',
  async (t) => {
    const { given, work, deliver, fault, mend, calls } = await failoverSite(t, f, { providers: ['sendgrid'] })
    await fault('sendgrid', { mode: 'status', status: 503 })
    for (let n = 0; n < 6; n += 1) await work(await given())
    // A probe goes through each second: whose it is depends on how long the others took.
    let ids = await given()
    let delivered = await deliver(ids)
    while (delivered.kind === 'called') {
      ids = await given()
      delivered = await deliver(ids)
    }
    t.match(delivered, { kind: 'postponed', recorded: true })
    const { status, dueIn, poisoned } = await deliveryState(f, ids)
    t.match({ status, poisoned }, { status: 'pending', poisoned: 0 })
    t.ok((dueIn ?? 99) <= 3, `${dueIn}`)
    t.same(await attemptsOf(f, ids), [])
    t.same(await calls(ids), [])
    t.match(await eventsOf(f, ids), [{ kind: 'delivery.deferred', reason: 'no_vendor_available' }])
    await mend()
    const end = performance.now() + 60_000
    let last = 'pending'
    while (last !== 'accepted' && performance.now() < end) {
      await due(ids)
      await deliver(ids)
      last = (await deliveryState(f, ids)).status
    }
    t.equal(last, 'accepted')
    t.equal((await calls(ids)).length, 1)
  },
)

t.test('a tenant’s own senders stand in place of ours; one without its secret is passed over', async (t) => {
  const { given, work, calls, settings, inbox } = await failoverSite(t, f)
  const ids = await given()
  await giveTenant(f, ids)
  const own = (provider: string) => ({
    provider,
    settings: { ...settings[provider], from: 'hello@acme.example' },
  })
  const [, , gateway] = await listSenders(f, ids, [
    { ...own('smtp'), secret: 'missing' },
    { ...own('sendgrid'), enabled: false },
    own('gateway'),
  ])
  t.equal((await work(ids)).status, 'accepted')
  t.match(await calls(ids), [{ provider: 'gateway', accepted: true }])
  t.match(await inbox(ids), [{ from: 'hello@acme.example' }])
  const { rows } = await f.admin.query('SELECT provider, sender_id FROM attempts WHERE delivery_id = $1', [
    ids.deliveryId,
  ])
  t.same(rows, [{ provider: 'gateway', sender_id: gateway }])
})

t.test('a tenant whose own senders are all switched off has none: ours are asked', async (t) => {
  const { given, work, calls, settings } = await failoverSite(t, f)
  const ids = await given()
  await giveTenant(f, ids)
  await listSenders(f, ids, [{ provider: 'ses', settings: settings.ses, enabled: false }])
  t.equal((await work(ids)).status, 'accepted')
  t.match(await calls(ids), [{ provider: 'sendgrid', accepted: true }])
})

t.test('where none of a tenant’s own is ready its mails wait: nobody else’s account is used', async (t) => {
  const { given, deliver, calls, settings } = await failoverSite(t, f)
  const ids = await given()
  await giveTenant(f, ids)
  await listSenders(f, ids, [{ provider: 'ses', settings: settings.ses, secret: 'missing' }])
  t.match(await deliver(ids), { kind: 'postponed' })
  t.same(await calls(ids), [])
})
