// Deliveries in real processes: sent once and never before their time, and whoever calls one off or moves it while workers
// are at it is told the truth.

import { setTimeout as pause } from 'node:timers/promises'
import type { AuditEvent } from '@postern/contracts/http/audit-event'
import type { DeliveryState, DeliverySummary } from '@postern/contracts/http/delivery'
import { until } from '@postern/testkit/poll'
import t, { type Test } from 'tap'
import { type House, startHouse } from '../src/house.ts'
import { type Answer, Client, freshEmail, freshPhone, type VendorCall } from '../src/postern.client.ts'
import { startSingle } from '../src/single-process.ts'

/** How many clients race with the workers at once. */
const LANES = 10
const ENDED_MS = 60_000

interface Site {
  readonly house: House
  readonly client: Client
}

t.test('deliveries', async (t) => {
  const house = await startHouse(t, { env: { POSTERN_ADDRESS_LIMIT: '1000000' } })
  const another = await startSingle(t, house, 'notifier')
  await another.ready()
  const site = { house, client: new Client(house.dev) }
  await t.test('messages and codes go by what their tenant wrote', (t) => goesByItsTemplate(t, site))
  await t.test('what is scheduled goes out once, at its time and not before', (t) =>
    goesOutAtItsTime(t, site),
  )
  await t.test('1,000 cancelled while workers are at them: never both cancelled and sent', (t) =>
    cancelsAgainstWorkers(t, site),
  )
  await t.test('200 moved while workers are at them: sent once, at one time', (t) =>
    movesAgainstWorkers(t, site),
  )
})

const sendMessage = async ({ house, client }: Site, more: object = {}): Promise<DeliverySummary> => {
  const variables = { title: 'Parcel', body: 'It is at the door.' }
  const body = { channel: 'email', to: freshEmail(), template: 'notice', variables, ...more }
  const url = `${house.dev.gateway}/v1/deliveries`
  const answer = await client.call<DeliverySummary>('POST', url, { body })
  if (answer.status !== 202) throw new Error(`no message: ${answer.status} ${answer.body.error?.code}`)
  return answer.body.data
}

const change = ({ house, client }: Site, method: string, id: string, body?: object) =>
  client.call<DeliveryState>(method, `${house.dev.gateway}/v1/deliveries/${id}`, { body })

/** The status of every delivery of the tenant, page by page. */
const statuses = async (site: Site): Promise<Map<string, string>> => {
  const all = await pagesOf<DeliverySummary>(site, `${site.house.dev.gateway}/v1/deliveries?limit=200`)
  return new Map(all.map(({ id, status }) => [id, status]))
}

/** Answers all statuses when these have been accepted. */
const untilAccepted = (site: Site, ids: readonly string[]) =>
  until(
    async () => {
      const known = await statuses(site)
      return ids.every((id) => known.get(id) === 'accepted') && known
    },
    { deadlineMs: ENDED_MS, everyMs: 300, what: `${ids.length} deliveries accepted` },
  )

async function goesByItsTemplate(t: Test, site: Site) {
  const { client, house } = site
  const put = (name: string, body: object) =>
    client.call('PUT', `${house.dev.gateway}/v1/templates/${name}/de`, { body })
  const html = '<p>{{ name }}</p>'
  t.equal(
    (await put('parcel', { email: { subject: 'Paket {{ n }}', html, text: '{{ name }}' } })).status,
    200,
  )
  t.equal((await put('otp', { sms: { text: '{{ code }}, von {{ tenant_name }}' } })).status, 200)
  const [to, phone] = [freshEmail(), freshPhone()]
  await sendMessage(site, { to, template: 'parcel', locale: 'de-AT', variables: { n: 7, name: 'A & B' } })
  t.match(await client.mail(to), { subject: 'Paket 7', html: '<p>A &amp; B</p>', text: 'A & B' })
  await client.askCode('sms', phone, { locale: 'de' })
  t.match((await client.mail(phone)).text, /^(\d{6}), von .+\n@\S+ #\1$/)
}

const startOf = (calls: VendorCall[]) => calls.map(({ at }) => Date.parse(at))

async function goesOutAtItsTime(t: Test, site: Site) {
  const { client } = site
  const send_at = new Date(Date.now() + 2_000).toISOString()
  const [link, code, message] = await Promise.all([
    client.issue(freshEmail(), { send_at }),
    client.askCode('email', freshEmail(), { send_at }),
    sendMessage(site, { send_at }),
  ])
  const ids = [link.deliveryId, code.body.data.delivery.id, message.id]
  await untilAccepted(site, ids)
  for (const id of ids) {
    const starts = startOf(await client.vendorCalls(id))
    t.equal(starts.length, 1, 'one vendor call')
    t.ok((starts[0] ?? 0) >= Date.parse(send_at), 'not before its time')
    t.comment(`${(starts[0] ?? 0) - Date.parse(send_at)} ms after its time`)
  }
}

/** Waits until about as many come too late as do not: what is asked for is the very moment at which a worker begins. */
function edge() {
  let waitMs = 10
  return {
    wait: () => pause(Math.random() * 2 * waitMs),
    learn: (won: boolean) => {
      waitMs = Math.min(Math.max(won ? waitMs * 1.1 : waitMs / 1.1, 0.5), 500)
    },
  }
}

/** Runs `round` so often, in lanes that go on at once. */
async function race<R>(rounds: number, round: () => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let left = rounds
  const lane = async () => {
    while (left-- > 0) results.push(await round())
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return results
}

async function cancelsAgainstWorkers(t: Test, site: Site) {
  const { wait, learn } = edge()
  const began = performance.now()
  const rounds = await race(1_000, async () => {
    const { id } = await sendMessage(site)
    await wait()
    const { status } = await change(site, 'DELETE', id)
    learn(status === 200)
    return { id, status }
  })
  const cancelled = rounds.filter(({ status }) => status === 200)
  const refused = rounds.filter(({ status }) => status === 409)
  t.equal(cancelled.length + refused.length, 1_000)
  t.comment(
    `${cancelled.length} cancelled, ${refused.length} refused, ${Math.round(performance.now() - began)} ms`,
  )
  t.ok(cancelled.length > 0 && refused.length > 0, 'both came to pass')
  const known = await untilAccepted(
    site,
    refused.map(({ id }) => id),
  )
  const calls = await callsByDelivery(site)
  t.same(
    cancelled.filter(({ id }) => calls.has(id)),
    [],
    'no vendor was called for what was cancelled',
  )
  t.same(
    refused.filter(({ id }) => calls.get(id)?.length !== 1),
    [],
    'what was not was sent once',
  )
  t.ok(cancelled.every(({ id }) => known.get(id) === 'cancelled'))
  const ids = new Set(cancelled.map(({ id }) => `delivery:${id}`))
  const told = () => eventsOfKind(site, 'delivery.cancelled')
  const all = await until(async () => ((await told()).length >= ids.size ? told() : false), {
    deadlineMs: ENDED_MS,
    everyMs: 200,
    what: 'the trail',
  })
  t.equal(all.length, ids.size, 'each is told once')
  t.ok(all.every(({ subject }) => ids.has(`${subject.type}:${subject.id}`)))
}

async function movesAgainstWorkers(t: Test, site: Site) {
  const { wait, learn } = edge()
  const rounds = await race(200, async () => {
    const { id } = await sendMessage(site)
    await wait()
    const at = Date.now() + 2_000
    const { status } = await change(site, 'PATCH', id, { send_at: new Date(at).toISOString() })
    learn(status === 200)
    return { id, status, at }
  })
  const moved = rounds.filter(({ status }) => status === 200)
  t.equal(moved.length + rounds.filter(({ status }) => status === 409).length, 200)
  t.comment(`${moved.length} moved`)
  t.ok(moved.length > 0 && moved.length < 200, 'both came to pass')
  await untilAccepted(
    site,
    rounds.map(({ id }) => id),
  )
  const calls = await callsByDelivery(site)
  t.same(
    rounds.filter(({ id }) => calls.get(id)?.length !== 1),
    [],
    'each was sent once',
  )
  t.same(
    moved.filter(({ id, at }) => (startOf(calls.get(id) ?? [])[0] ?? 0) < at),
    [],
    'what was moved went out at its new time',
  )
}

async function callsByDelivery({ house }: Site): Promise<Map<string, VendorCall[]>> {
  const answer = await fetch(`${house.dev.sandbox}/calls`, { headers: { connection: 'close' } })
  const calls = (await answer.json()) as VendorCall[]
  const byDelivery = new Map<string, VendorCall[]>()
  for (const call of calls) {
    const id = call.marker?.delivery_id ?? ''
    byDelivery.set(id, [...(byDelivery.get(id) ?? []), call])
  }
  return byDelivery
}

const eventsOfKind = (site: Site, kind: string) =>
  pagesOf<AuditEvent>(site, `${site.house.dev.audit}/v1/events?limit=200&kind=${kind}`)

interface Page<R> {
  readonly items: R[]
  readonly next_cursor: string | null
}

async function pagesOf<R>({ client }: Site, url: string): Promise<R[]> {
  const found: R[] = []
  for (let next: string | null = url; next !== null; ) {
    const answer: Answer<Page<R>> = await client.call('GET', next)
    const { items, next_cursor } = answer.body.data
    found.push(...items)
    next = next_cursor && `${url}&cursor=${next_cursor}`
  }
  return found
}
