// Another vendor is asked for what one took and did not bring: where the tenant wants it, while the secret is worth
// something, with the same secret, and never a third time.

import t from 'tap'
import { v7 as uuid } from 'uuid'
import { attemptsOf, deliveryState, eventsOf, fixture, type Ids } from '../delivery-fixture.ts'
import { comesDue, failoverSite, giveTenant, listSenders } from './failover-site.ts'

const f = await fixture(t)

/** What the relay does each second. */
const relay = async () => {
  await f.admin.query('SELECT review_held(500)')
  return f.admin.query('SELECT claim_due(500)')
}
const ofEvents = async (ids: Ids) => (await eventsOf(f, ids)).map(({ kind, reason }) => [kind, reason])

t.test('no receipt in time: the next vendor brings the same link, and a third is never asked', async (t) => {
  const { given, deliver, calls, inbox } = await failoverSite(t, f)
  const link = `https://id.example.org/l#${uuid()}`
  const ids = await given({ link })
  await giveTenant(f, ids, 10)
  await deliver(ids)
  await relay()
  t.match(await deliveryState(f, ids), { status: 'accepted' }, 'the wait is not over')
  await comesDue(f, ids)
  await relay()
  t.match(await deliver(ids), {
    kind: 'called',
    attempt: { provider: 'ses', isFailover: true, isLast: true },
  })
  t.match(await attemptsOf(f, ids), [
    { provider: 'sendgrid', outcome: 'accepted' },
    { provider: 'ses', outcome: 'accepted' },
  ])
  const mails = await inbox(ids)
  t.equal(mails.length, 2)
  for (const { text } of mails) t.match(text, link)
  t.match(await deliveryState(f, ids), { status: 'accepted', payload: null, dueIn: null })
  t.same(await ofEvents(ids), [
    ['delivery.attempted', null],
    ['delivery.accepted', null],
    ['delivery.deferred', 'no_receipt'],
    ['delivery.queued', null],
    ['delivery.attempted', null],
    ['delivery.accepted', null],
  ])
  await comesDue(f, ids)
  await relay()
  t.match(await deliver(ids), { kind: 'refused', reason: 'gone' })
  t.equal((await calls(ids)).length, 2)
})

t.test('off, as it is unless the tenant is told: never a second send', async (t) => {
  const { given, deliver, calls } = await failoverSite(t, f)
  const ids = await given({ expiresIn: 60 })
  await giveTenant(f, ids)
  await deliver(ids)
  await relay()
  t.match(await deliveryState(f, ids), { status: 'accepted', payload: Buffer })
  await f.admin.query('UPDATE deliveries SET expires_at = now(), due_at = now() WHERE id = $1', [
    ids.deliveryId,
  ])
  await relay()
  t.match(
    await deliveryState(f, ids),
    { status: 'accepted', payload: null, dueIn: null },
    'and then nothing is held',
  )
  t.match(await deliver(ids), { kind: 'refused', reason: 'gone' })
  t.equal((await calls(ids)).length, 1)
})

t.test('whoever has proven the address gets no second message', async (t) => {
  const { given, deliver, calls } = await failoverSite(t, f)
  const used = (ids: Ids) =>
    f.admin.query('UPDATE challenges SET consumed_at = now() WHERE id = $1', [ids.challengeId])
  const before = await given()
  await giveTenant(f, before, 10)
  await deliver(before)
  await used(before)
  await comesDue(f, before)
  await relay()
  t.match(await deliver(before), { kind: 'refused', reason: 'gone' })

  const between = await given()
  await giveTenant(f, between, 10)
  await deliver(between)
  await comesDue(f, between)
  await relay()
  await used(between)
  t.match(await deliver(between), { kind: 'refused', reason: 'challenge_over', ended: 'accepted' })
  for (const ids of [before, between]) {
    t.match(await deliveryState(f, ids), { status: 'accepted', payload: null, dueIn: null })
    t.equal((await calls(ids)).length, 1)
  }
})

t.test('what has expired goes to nobody', async (t) => {
  const { given, deliver, calls } = await failoverSite(t, f)
  const ids = await given({ expiresIn: 30 })
  await giveTenant(f, ids, 10)
  await deliver(ids)
  await comesDue(f, ids)
  await relay()
  await f.admin.query('UPDATE deliveries SET expires_at = now(), due_at = now() WHERE id = $1', [
    ids.deliveryId,
  ])
  t.match(await deliver(ids), { kind: 'refused', reason: 'expired' })
  await f.admin.query('SELECT expire_due(500, true)')
  t.match(await deliveryState(f, ids), { status: 'accepted', payload: null })
  t.equal((await calls(ids)).length, 1)
})

t.test(
  'the vendor that took it is not asked again, also where all others are held back or gone',
  async (t) => {
    const { given, deliver, fault, calls, settings } = await failoverSite(t, f, {
      providers: ['sendgrid', 'ses'],
    })
    await fault('ses', { mode: 'status', status: 503 })
    const ids = await given()
    await giveTenant(f, ids, 10)
    await deliver(ids)
    await comesDue(f, ids)
    await relay()
    t.match(await deliver(ids), {
      kind: 'called',
      attempt: { provider: 'ses' },
      ending: { status: 'pending' },
    })
    await comesDue(f, ids)
    t.match(
      await deliver(ids),
      { kind: 'called', attempt: { provider: 'ses' } },
      'the same again, and not the first',
    )

    const own = await given()
    await giveTenant(f, own, 10)
    const [, second] = await listSenders(f, own, [
      { provider: 'sendgrid', settings: settings.sendgrid },
      { provider: 'gateway', settings: settings.gateway },
    ])
    await deliver(own)
    await comesDue(f, own)
    await relay()
    await f.admin.query('DELETE FROM senders WHERE id = $1', [second])
    t.match(await deliver(own), { kind: 'no_other', status: 'accepted' })
    t.match(await deliveryState(f, own), { status: 'accepted', payload: null, dueIn: null })
    t.match((await ofEvents(own)).at(-1), ['delivery.accepted', 'no_other_vendor'])
    t.equal((await calls(own)).length, 1)
  },
)

t.test('a second attempt that fails for good leaves standing what the first vendor took', async (t) => {
  const { given, deliver, fault } = await failoverSite(t, f)
  const ids = await given()
  await giveTenant(f, ids, 10)
  await deliver(ids)
  await comesDue(f, ids)
  await relay()
  await fault('ses', { mode: 'status', status: 400, times: 1 })
  t.match(await deliver(ids), { kind: 'called', ending: { outcome: 'permanent', status: 'accepted' } })
  t.match(await deliveryState(f, ids), { status: 'accepted', payload: null, dueIn: null })
})

t.test('SMS: no receipt in time, and the second account brings the same code', async (t) => {
  const { given, deliver, settings, inbox } = await failoverSite(t, f, { channel: 'sms' })
  const ids = await given({ code: '271828' })
  await giveTenant(f, ids, 10)
  await listSenders(f, ids, [
    { provider: 'twilio', settings: settings.twilio },
    { provider: 'twilio', settings: settings.secondTwilio },
  ])
  await deliver(ids)
  await comesDue(f, ids)
  await relay()
  await deliver(ids)
  const messages = await inbox(ids)
  t.same(messages.map(({ from }) => from).sort(), ['+15005550006', '+15005550010'])
  for (const { text } of messages) t.match(text, '271828')
})
