// Canaries through the real process and its queue: whatever happens to a delivery, no key, link, code, address or number is
// left in what the process writes, in a table, in the queue or in the metrics.

import { until } from '@postern/testkit/poll'
import type { Test } from 'tap'
import { deliveryState, eventsOf, givenDelivery } from '../delivery-fixture.ts'
import { payloadOf } from '../payload-fixture.ts'
import { API_KEY, AUTH_TOKEN, type House } from '../process-fixture.ts'
import { endOf, type QueueUrl, site } from './kill-points.ts'

const link = 'https://id.example.org/l#canary-link-4711'
const to = 'canary-address-4711@example.org'
const sms = { channel: 'sms', code: '471147', to: '+447700974711' } as const
/** Neither the queue's own canary nor the end of a time, in seconds or milliseconds. */
const CANARY = /canary-[a-z]+-4711|(?<![.\d])471147\b|447700974711/i

/** Everything that the queue stores, as text. */
export type DumpQueue = (h: House) => Promise<string>

export function leakSuite(t: Test, queueUrl: QueueUrl, dumpQueue: DumpQueue): void {
  void t.test('messages go out, and no key, secret or recipient is left anywhere', async (t) => {
    const here = await site(t, queueUrl)
    const { h, vendor, start } = here
    for (const key of [API_KEY, AUTH_TOKEN]) t.match(key, CANARY)
    const notifier = start({ POSTERN_LOG_LEVEL: 'trace' })
    const url = await notifier.ready()
    const given = { status: 'pending', dueIn: 0, link, to } as const

    const sent = await givenDelivery(h, given)
    t.equal(await endOf(here, sent), 'accepted')
    t.match(await vendor.inbox(to), [{ subject: 'Sign in to Acme' }])

    await vendor.fault({ mode: 'status', status: 400 })
    t.equal(await endOf(here, await givenDelivery(h, given)), 'failed')

    await vendor.fault({ mode: 'accept_then_reset' })
    const broken = await givenDelivery(h, { ...given, status: 'queued', dueIn: 0 })
    await vendor.fault({ provider: 'twilio', mode: 'accept_then_reset' })
    const lost = await givenDelivery(h, { ...given, ...sms })
    const poison = await givenDelivery(h, {
      ...given,
      poisoned: 2,
      payload: { ...payloadOf({ link, to }), v: 9 },
    })
    t.equal(await endOf(here, poison), 'dead_letter')
    t.equal(await endOf(here, broken), 'accepted', 'sent again after 10 s')
    t.equal(await endOf(here, lost), 'accepted', 'found after 10 s')

    // It counts after its commit, which is seen here before it is seen there.
    const counted = [
      /postern_delivery_attempts_total\{[^}]*outcome="accepted"[^}]*\} 2/,
      /postern_deliveries_ended_total\{[^}]*status="dead_letter"[^}]*\} 1/,
    ]
    const metrics = await until(
      async () => {
        const text = await (await fetch(`${url}/metrics`)).text()
        return counted.every((line) => line.test(text)) && text
      },
      { deadlineMs: 30_000, what: 'all that ended, counted' },
    )
    const queue = await dumpQueue(h)
    t.match(queue, 'payload_malformed', 'the dump shows what the queue keeps of a failed job')
    notifier.kill('SIGTERM')
    t.equal(await notifier.ended, 0)
    t.match(notifier.output(), '"msg":"message accepted"')
    const places = { metrics, queue, output: notifier.output(), tables: await dumpTables(h, 'public') }
    for (const [place, text] of Object.entries(places)) t.notMatch(text, CANARY, place)
    t.equal((await deliveryState(h, sent)).payload, null)
    t.same(
      (await eventsOf(h, sent)).map(({ kind }) => kind),
      ['delivery.queued', 'delivery.attempted', 'delivery.accepted'],
    )
  })
}

export async function dumpTables({ admin }: House, schema: string): Promise<string> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
      WHERE table_schema = $1 AND table_type = 'BASE TABLE'`,
    [schema],
  )
  const texts = rows.map(async ({ name }) => {
    const found = await admin.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`)
    return found.rows.map(({ text }) => text).join('\n')
  })
  return (await Promise.all(texts)).join('\n')
}
