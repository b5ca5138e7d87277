import t from 'tap'
import type { Sighting } from '../../src/sender/sender.ts'
import { type AnyMessage, type AnySender, SMS } from '../channel-fixture.ts'
import { attemptsOf, deliveryState, endLease, eventsOf, givenAttempt } from '../delivery-fixture.ts'
import { sendingSuite } from './deliver-sending.ts'
import { deliverSite } from './deliver-site.ts'
import { troubleSuite } from './deliver-trouble.ts'

const site = await deliverSite(t, SMS)
const { f, vendor, given, deliver, comesDue, channelOf } = site
const due = { status: 'pending', dueIn: 0 } as const

sendingSuite(t, site)
troubleSuite(t, site)

t.test('a code is rendered into one text that ends with what binds it to its site', async (t) => {
  const ids = await given({ code: '031416', locale: 'de-AT', tenantName: 'Acme & Söhne' })
  await deliver(ids)
  const [sms, ...more] = await vendor.inbox(ids.to)
  t.same(more, [])
  t.match(sms, { to: ids.to, subject: null, html: null, from: 'Acme' })
  t.equal(
    sms?.text,
    '031416 ist Ihr Code für Acme & Söhne. Sagen Sie ihn niemandem.\n@app.example.org #031416',
  )
})

t.test('a link is nothing that is sent by SMS', async (t) => {
  const ids = await given({ template: 'magic_link' })
  t.match(await deliver(ids), { kind: 'poisoned', reason: 'template_missing' })
})

t.test('a vendor is told how long the code still works, counted to the moment of the call', async (t) => {
  const told: number[] = []
  const sender = {
    provider: 'twilio',
    send: async ({ validForSeconds }: AnyMessage & { validForSeconds: number }) => {
      told.push(validForSeconds)
      return { kind: 'accepted', providerMessageId: null } as const
    },
  }
  const over = channelOf(sender as never)
  await deliver(await given({ expiresIn: 287 }), {}, over)
  let skew = 0
  const clock = { now: () => new Date(Date.now() + skew) }
  const failpoint = (point: string) => {
    if (point === 'K6') skew = 1_400
  }
  await deliver(await given({ expiresIn: 287 }), { clock, failpoint }, over)
  t.ok((told[0] ?? 0) >= 257 && (told[0] ?? 0) <= 287, `${told}`)
  t.ok((told[1] ?? 0) >= 255 && (told[1] ?? 0) <= 285, `${told}`)
})

t.test('a message whose answer was lost is found at the vendor and not sent again', async (t) => {
  const ids = await given()
  await vendor.fault({ mode: 'accept_then_reset' })
  t.match(await deliver(ids), { kind: 'called', ending: { outcome: 'unknown', status: 'pending' } })
  await comesDue(ids)
  t.match(await deliver(ids), { kind: 'found', recorded: true, attempt: { number: 1, provider: 'twilio' } })
  t.match(await deliver(ids), { kind: 'refused', reason: 'gone' })
  t.equal((await vendor.calls(ids)).length, 1)
  t.equal((await vendor.inbox(ids.to)).length, 1)
  t.match(await deliveryState(f, ids), { status: 'accepted', payload: null, dueIn: null, leaseIn: null })
  t.match(await attemptsOf(f, ids), [
    { number: 1, outcome: 'accepted', error_code: null, provider_message_id: /^SM/ },
  ])
  t.match(await eventsOf(f, ids), [
    { kind: 'delivery.attempted' },
    { kind: 'delivery.deferred', reason: 'connection_reset' },
    { kind: 'delivery.accepted', reason: null, data: { attempt: 1, provider: 'twilio', found: true } },
  ])
})

t.test('a message that the vendor does not have is sent once more, and never a third time', async (t) => {
  const ids = await given()
  await vendor.fault({ mode: 'reset_before', times: 2 })
  await deliver(ids)
  await comesDue(ids)
  t.match(await deliver(ids), {
    kind: 'called',
    attempt: { number: 2, isLast: true },
    ending: { status: 'unknown' },
  })
  t.match(await deliver(ids), { kind: 'refused', reason: 'gone' })
  t.equal((await vendor.calls(ids)).length, 2)
  t.equal((await vendor.lookUps(ids)).length, 1)
  t.match(await deliveryState(f, ids), { status: 'unknown', payload: null })
})

t.test('an attempt that a dead worker left behind is looked for too', async (t) => {
  const ids = await given({ ...due })
  const begun = Promise.withResolvers<void>()
  const dying: AnySender = {
    provider: 'twilio',
    send() {
      begun.resolve()
      return new Promise(() => undefined)
    },
  }
  void deliver(ids, {}, channelOf(dying))
  await begun.promise
  // What it wrote reached the vendor: the same text to the same number.
  await deliver(await given({ to: ids.to }))
  await endLease(f, ids)
  t.match(await deliver(ids, { worker: 'w2' }), { kind: 'found', attempt: { number: 1 } })
  t.equal((await vendor.calls(ids)).length, 1)
})

t.test('a vendor that cannot say is asked again before anything is sent', async (t) => {
  const ids = await given()
  await vendor.fault({ mode: 'accept_then_reset' })
  await deliver(ids)
  for (const fault of [{ mode: 'status', status: 500 }, { mode: 'bad_body' }, { mode: 'reset_before' }]) {
    await comesDue(ids)
    await endLeaseIfHeld(ids)
    await vendor.fault({ ...fault, method: 'GET' })
    t.match(await deliver(ids), { kind: 'unclear', attempt: { number: 1 } }, JSON.stringify(fault))
    const state = await deliveryState(f, ids)
    t.match(state, { status: 'sending', poisoned: 0 })
    t.ok((state.leaseIn ?? 0) > 5, 'the relay takes it up again when the lease is over')
  }
  await endLeaseIfHeld(ids)
  t.match(await deliver(ids), { kind: 'found' })
  t.equal((await vendor.calls(ids)).length, 1)
})

const endLeaseIfHeld = async (ids: Parameters<typeof endLease>[1]) => {
  if ((await deliveryState(f, ids)).status === 'sending') await endLease(f, ids)
}

t.test('where another vendor is next, one that cannot say does not hold the message up', async (t) => {
  const asked: string[] = []
  const sender = (provider: string, sighting: Sighting): AnySender => ({
    provider,
    async send() {
      asked.push(`send ${provider}`)
      return { kind: 'accepted', providerMessageId: 'x' }
    },
    async lookUp() {
      asked.push(`look up ${provider}`)
      return sighting
    },
  })
  const ids = await given({ status: 'pending', dueIn: 0 })
  await givenAttempt(f, ids, 1, 'unknown', 'a')
  await givenAttempt(f, ids, 2, 'retryable', 'a')
  const over = channelOf(sender('a', { kind: 'no_answer' }), sender('b', { kind: 'not_found' }))
  t.match(await deliver(ids, {}, over), { kind: 'called', ending: { status: 'accepted' } })
  t.same(asked, ['look up a', 'send b'])
})

t.test('a look-up that throws says nothing, and what it threw goes nowhere', async (t) => {
  const ids = await given(due)
  await givenAttempt(f, ids, 1, 'unknown', 'twilio')
  const broken: AnySender = {
    provider: 'twilio',
    send: async () => ({ kind: 'accepted', providerMessageId: null }),
    lookUp: () => Promise.reject(new Error(SMS.key)),
  }
  t.match(await deliver(ids, {}, channelOf(broken)), { kind: 'unclear' })
  t.notMatch(JSON.stringify(await eventsOf(f, ids)), /canary/)
})

t.test('of two workers that find the message one records it', async (t) => {
  const ids = await given(due)
  await givenAttempt(f, ids, 1, 'unknown', 'twilio')
  const looked = Promise.withResolvers<void>()
  const found: Sighting = { kind: 'found', providerMessageId: 'SM1' }
  const slow: AnySender = {
    provider: 'twilio',
    send: async () => ({ kind: 'permanent', code: 'never' }),
    lookUp: async () => {
      await looked.promise
      return found
    },
  }
  const late = deliver(ids, {}, channelOf(slow))
  await endLeaseWhenHeld(ids)
  const quick = channelOf({ ...slow, lookUp: async () => found })
  t.match(await deliver(ids, { worker: 'w2' }, quick), { kind: 'found', recorded: true })
  const before = await eventsOf(f, ids)
  looked.resolve()
  t.match(await late, { kind: 'found', recorded: false })
  t.same(await eventsOf(f, ids), before)
})

async function endLeaseWhenHeld(ids: Parameters<typeof endLease>[1]): Promise<void> {
  while ((await deliveryState(f, ids)).status !== 'sending');
  await endLease(f, ids)
}
