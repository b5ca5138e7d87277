// A message that no callback told of is asked for, by its id, at the account that sent it; what the vendor says moves the
// delivery as a receipt does.

import { createHash } from 'node:crypto'
import { DELIVERED, PASSED_ON, rejected, TAKEN, undelivered } from '@postern/contracts/receipt-meaning'
import { systemClock } from '@postern/service-kit/clock'
import { createMetrics } from '@postern/telemetry/metric-names'
import { startTelemetry } from '@postern/telemetry/tracing'
import t from 'tap'
import { v7 as uuid } from 'uuid'
import { askRegularly } from '../../src/receipt/ask-regularly.ts'
import { type AskDeps, askVendors } from '../../src/receipt/ask-vendors.ts'
import type { ConfiguredSender } from '../../src/sender/configured-sender.ts'
import type { VendorWord } from '../../src/sender/sender.ts'
import { giveTenant, listSenders } from '../delivery/failover-site.ts'
import { deliveryState, eventsOf, fixture, givenDelivery, type Ids } from '../delivery-fixture.ts'

const f = await fixture(t)
const telemetry = await startTelemetry({ service: 'notifier', version: 'test' })
t.teardown(() => telemetry.stop(500))
const metrics = createMetrics(telemetry.meter)

const said = (meaning: Extract<VendorWord, { kind: 'known' }>['meaning'], word = 'x'): VendorWord => ({
  kind: 'known',
  meaning,
  identity: ['twilio', word],
})

/** Vendors that answer by a message's id, and who was asked what. */
function asking(answers: Readonly<Record<string, VendorWord>>) {
  const asked: string[] = []
  let nudged = 0
  const sender = (key: string) => ({
    provider: 'twilio',
    send: async () => ({ kind: 'accepted' as const, providerMessageId: null }),
    statusOf: async (id: string): Promise<VendorWord> => {
      asked.push(`${key} ${id}`)
      return answers[id] ?? { kind: 'not_found' }
    },
  })
  const of = (configured: readonly ConfiguredSender[]) => {
    const keys = configured.length === 0 ? ['twilio'] : configured.map(({ id }) => id)
    return { vendor: (key: string) => (keys.includes(key) ? sender(key) : undefined) } as never
  }
  const deps: AskDeps = {
    database: f.database,
    vendors: { email: { of }, sms: { of } },
    clock: systemClock,
    metrics,
    nudge: () => {
      nudged += 1
    },
  }
  return { asked, deps, nudged: () => nudged, ask: () => askVendors(deps, 50, () => false) }
}

/** One that Twilio took a minute ago, and whose turn it is. */
async function taken(messageId: string, senderId: string | null = null, ids?: Ids): Promise<Ids> {
  const given = ids ?? (await givenDelivery(f, { channel: 'sms', status: 'accepted', dueIn: 300 }))
  await f.admin.query(
    `INSERT INTO attempts (tenant_id, delivery_id, number, provider, sender_id, fence, outcome, provider_message_id,
       started_at, finished_at, ask_at)
     VALUES ($1, $2, 1, 'twilio', $3, 0, 'accepted', $4, now() - interval '1 minute', now() - interval '1 minute', now())`,
    [given.tenantId, given.deliveryId, senderId, messageId],
  )
  return given
}

t.test('what the vendor says moves the delivery, is told, and is asked once', async (t) => {
  const messages = {
    arrived: said(DELIVERED),
    never: said(rejected('recipient_landline')),
    again: said(undelivered('filtered')),
  }
  const { ask, asked, nudged } = asking(messages)
  const [arrived, never, again] = [await taken('arrived'), await taken('never'), await taken('again')]
  t.equal(await ask(), 3)
  t.same(asked.toSorted(), ['twilio again', 'twilio arrived', 'twilio never'])
  t.match(await deliveryState(f, arrived), { status: 'delivered', payload: null })
  t.match(await deliveryState(f, never), { status: 'failed', payload: null })
  t.match(
    await deliveryState(f, again),
    { status: 'pending', payload: Buffer },
    'another vendor may bring it',
  )
  t.equal(nudged(), 1, 'and that at once')
  t.match(await eventsOf(f, arrived), [{ kind: 'delivery.delivered', actor: 'service:notifier' }])
  await f.admin.query('UPDATE attempts SET ask_at = now() WHERE ask_at IS NOT NULL')
  t.equal(await ask(), 0, 'what is known is asked no more')
  t.equal(asked.length, 3)
})

t.test('a message on its way is waited for no longer, and asked for again later', async (t) => {
  const { ask } = asking({ going: said(PASSED_ON), queued: said(TAKEN) })
  const [going, queued] = [await taken('going'), await taken('queued')]
  await ask()
  t.ok(
    ((await deliveryState(f, going)).dueIn ?? 0) > 500,
    'no other vendor is asked unless it did not arrive',
  )
  t.ok(((await deliveryState(f, queued)).dueIn ?? 999) <= 300, 'that a vendor took it was known')
  for (const ids of [going, queued])
    t.match(await deliveryState(f, ids), { status: 'accepted', payload: Buffer })
  const { rows } = await f.admin.query('SELECT status FROM webhook_receipts WHERE delivery_id = ANY ($1)', [
    [going.deliveryId, queued.deliveryId],
  ])
  t.same(rows, [{ status: 'sent' }])
  t.equal(await ask(), 0, 'its next turn is later')
  await f.admin.query('UPDATE attempts SET ask_at = now() WHERE ask_at IS NOT NULL')
  t.equal(await ask(), 2)
  await f.admin.query('UPDATE attempts SET ask_at = NULL')
})

t.test(
  'the account that sent it is asked, also when it is switched off; one that is gone is not',
  async (t) => {
    const given = await givenDelivery(f, { channel: 'sms', status: 'accepted' })
    await giveTenant(f, given)
    const settings = { account_sid: `AC${'1'.repeat(32)}`, from: '+15005550006' }
    const [own = ''] = await listSenders(f, given, [{ provider: 'twilio', settings, enabled: false }])
    await taken('mine', own, given)
    await taken('gone', uuid())
    const { ask, asked } = asking({ mine: said(DELIVERED) })
    t.equal(await ask(), 2)
    t.same(asked, [`${own} mine`])
    t.match(await deliveryState(f, given), { status: 'delivered' })
    await f.admin.query('UPDATE attempts SET ask_at = NULL')
  },
)

t.test('a vendor that cannot say just now is left alone for the rest of the round', async (t) => {
  const { ask, asked } = asking({
    one: { kind: 'no_answer' },
    two: { kind: 'no_answer' },
    three: said(DELIVERED),
  })
  for (const id of ['one', 'two', 'three']) await taken(id)
  t.equal(await ask(), 3)
  t.equal(asked.length, 1)
  t.match(
    await telemetry.metricsText(),
    /postern_vendor_status_requests_total\{[^}]*outcome="no_answer"[^}]*\} 1/,
  )
  await f.admin.query('UPDATE attempts SET ask_at = NULL')
})

t.test('several are asked at once, no more than eight, and all before the round ends', async (t) => {
  let underWay = 0
  let most = 0
  let release = (): void => undefined
  const full = new Promise<void>((resolve) => {
    release = resolve
  })
  const statusOf = async (id: string): Promise<VendorWord> => {
    underWay += 1
    most = Math.max(most, underWay)
    // The first is asked alone; of the others nobody is answered before eight are.
    if (id !== 'slow 0') {
      if (underWay === 8) release()
      await full
    }
    underWay -= 1
    return said(DELIVERED)
  }
  const of = () => ({ vendor: () => ({ provider: 'twilio', statusOf }) }) as never
  const { deps } = asking({})
  const all = []
  for (let n = 0; n < 21; n += 1) all.push(await taken(`slow ${n}`))
  t.equal(await askVendors({ ...deps, vendors: { email: { of }, sms: { of } } }, 50, () => false), 21)
  t.same([most, underWay], [8, 0])
  for (const ids of all) t.match(await deliveryState(f, ids), { status: 'delivered' })
})

t.test('a failure of one is told when the others have ended', async (t) => {
  const { deps } = asking({})
  let ended = 0
  const statusOf = async (id: string): Promise<VendorWord> => {
    if (id === 'broken 1') throw new Error('broken')
    await new Promise((resolve) => setImmediate(resolve))
    ended += 1
    return { kind: 'not_found' }
  }
  const of = () => ({ vendor: () => ({ provider: 'twilio', statusOf }) }) as never
  for (let n = 0; n < 4; n += 1) await taken(`broken ${n}`)
  await t.rejects(
    askVendors({ ...deps, vendors: { email: { of }, sms: { of } } }, 50, () => false),
    /broken/,
  )
  t.equal(ended, 3)
  await f.admin.query('UPDATE attempts SET ask_at = NULL')
})

t.test('a word that a callback brought too counts once', async (t) => {
  const { ask } = asking({ both: said(DELIVERED, 'delivered') })
  const ids = await taken('both')
  const framed = (parts: readonly string[]) =>
    Buffer.concat(
      parts.map((part) => {
        const bytes = Buffer.from(part)
        const length = Buffer.alloc(4)
        length.writeUInt32BE(bytes.length)
        return Buffer.concat([length, bytes])
      }),
    )
  const key = createHash('sha256')
    .update(framed([ids.deliveryId, '1', 'twilio', 'delivered']))
    .digest()
  await ask()
  const { rows } = await f.admin.query('SELECT event_key FROM webhook_receipts WHERE delivery_id = $1', [
    ids.deliveryId,
  ])
  t.same(rows, [{ event_key: key }], 'the key is made of what the callback’s is made of')
})

t.test('it is asked regularly until it is told to stop, and a failure ends nothing', async (t) => {
  const ids = await taken('late')
  const { deps } = asking({ late: said(DELIVERED) })
  const lines: object[] = []
  let failures = 2
  const database = {
    ...f.database,
    get db() {
      if (failures-- > 0) throw new Error('no database')
      return f.database.db
    },
  }
  const logger = { warn: (facts: object) => lines.push(facts) } as never
  const running = askRegularly({ ...deps, database, logger, everyMs: 10 })
  const overdue = async () =>
    /^postern_vendor_status_overdue_seconds\S* (\S+)/m.exec(await telemetry.metricsText())?.[1]
  const end = performance.now() + 20_000
  while ((await deliveryState(f, ids)).status !== 'delivered' && performance.now() < end);
  t.match(await deliveryState(f, ids), { status: 'delivered' })
  await running.stop()
  t.equal(lines.length, 2)
  t.equal(Number(await overdue()), 0, 'nobody waits')
  await taken('waits')
  await f.admin.query(
    `UPDATE attempts SET ask_at = now() - interval '1 hour' WHERE provider_message_id = 'waits'`,
  )
  t.ok(Number(await overdue()) >= 3_600)
})
