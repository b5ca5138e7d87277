// Failover over real HTTP and SMTP, on the real lists, shelves and breakers: the same secret by the next vendor at once
// where nothing was sent, and never where something may have been.

import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSandbox } from '@postern/sandbox/sandbox'
import { systemClock } from '@postern/service-kit/clock'
import { noFailpoint } from '@postern/service-kit/failpoint'
import { systemRandom } from '@postern/service-kit/random'
import { createMetrics } from '@postern/telemetry/metric-names'
import { startTelemetry } from '@postern/telemetry/tracing'
import { capturedLogger } from '@postern/testkit/captured-logs'
import t, { type Test } from 'tap'
import { v7 as uuid } from 'uuid'
import { deliverMessage } from '../../src/delivery/deliver-message.ts'
import { createEmailChannel } from '../../src/delivery/email-channel.ts'
import type { SenderPlan } from '../../src/sender/configured-sender.ts'
import { openVendors } from '../../src/sender/open-vendors.ts'
import {
  attemptsOf,
  type DeliveryInput,
  deliveryState,
  eventsOf,
  fixture,
  givenDelivery,
  type Ids,
} from '../delivery-fixture.ts'

const PAIR = 'first-half:second-half-of-the-key'
const f = await fixture(t)

interface Call {
  readonly provider: string
  readonly accepted: boolean
  readonly at: string
  readonly marker: { readonly attempt: number } | null
}

/** Its own doubles and breakers, so that no test knows what another's vendors did. */
async function setup(t: Test, providers = ['sendgrid', 'ses', 'smtp', 'gateway']) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-failover-'))
  await writeFile(join(folder, 'pair'), PAIR)
  const sandbox = await createSandbox({
    sesKeyFile: join(folder, 'pair'),
    gatewayKeyFile: join(folder, 'pair'),
    smtpLoginFile: join(folder, 'pair'),
  })
  t.teardown(sandbox.close)
  const settings: Record<string, object> = {
    sendgrid: { url: `${sandbox.url}/sendgrid` },
    ses: { region: 'eu-west-1', url: `${sandbox.url}/ses` },
    smtp: { host: '127.0.0.1', port: sandbox.smtpPort, tls: 'none' },
    gateway: { url: `${sandbox.url}/gateway/messages` },
  }
  const house = providers.map((provider) => ({
    channel: 'email' as const,
    provider: provider as SenderPlan['provider'],
    settings: settings[provider],
    secret: PAIR,
  }))
  const telemetry = startTelemetry({ service: 'notifier', version: 'test' })
  const logs = capturedLogger('notifier')
  const secrets = new Map<string, string>([['there', PAIR]])
  const vendors = openVendors({
    house,
    readSecret: (name) => secrets.get(name),
    concurrency: { email: 50, sms: 1 },
    timeoutMs: 1_000,
    production: false,
    receiptRing: f.sealRing,
    redisUrl: undefined,
    prefix: '{x}',
    clock: systemClock,
    logger: logs.logger,
    metrics: createMetrics(telemetry.meter),
    tracer: telemetry.tracer,
  })
  t.teardown(async () => {
    vendors.close()
    await telemetry.stop(500)
  })
  const channel = createEmailChannel({
    sealRing: { ring: f.sealRing, refresh: () => undefined },
    from: 'sign-in@id.example.org',
    vendors: vendors.email,
  })
  const deps = {
    database: f.database as never,
    clock: systemClock,
    random: systemRandom,
    worker: 'w1',
    failpoint: noFailpoint,
    callMs: 1_000,
  }
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const init = body ? { method: 'POST', body: JSON.stringify(body) } : {}
    const headers = { 'content-type': 'application/json' }
    return await (await fetch(`${sandbox.url}${path}`, { ...init, headers })).json()
  }
  const deliver = (ids: Ids) => deliverMessage(deps, channel, ids)
  return {
    settings,
    logs,
    metrics: () => telemetry.metricsText(),
    given: (input: DeliveryInput = {}) => givenDelivery(f, { to: `${uuid()}@example.org`, ...input }),
    deliver,
    /** Works on it until it has ended or is not due within two seconds. */
    async work(ids: Ids) {
      const began = performance.now()
      for (;;) {
        await deliver(ids)
        const { status, dueIn } = await deliveryState(f, ids)
        const isOver = status !== 'pending' || (dueIn ?? 0) > 2 || performance.now() - began > 5_000
        if (isOver) return { status, ms: performance.now() - began }
      }
    },
    fault: (provider: string, fault: object) => ask('/faults', { provider, ...fault }),
    mend: async () => void (await fetch(`${sandbox.url}/faults`, { method: 'DELETE' })),
    calls: async ({ deliveryId }: Ids) => (await ask(`/calls?delivery_id=${deliveryId}`)) as Call[],
    allCalls: async () => (await ask('/calls')) as Call[],
    inbox: async ({ to }: Ids) =>
      (await ask(`/inbox/messages?to=${encodeURIComponent(to)}`)) as { provider: string; text: string }[],
  }
}

const due = ({ deliveryId }: Ids) =>
  f.admin.query('UPDATE deliveries SET due_at = now() WHERE id = $1', [deliveryId])

/** What makes the first vendor send nothing, and the code that its attempt is recorded with. */
const NOT_SENT: readonly (readonly [object, string])[] = [
  [{ mode: 'status', status: 503 }, 'http_503'],
  [{ mode: 'status', status: 429 }, 'vendor_rate_limited'],
  [{ mode: 'status', status: 401 }, 'vendor_account_refused'],
]

t.test('the first vendor sends nothing: the next sends the same link within two seconds', async (t) => {
  const { given, work, fault, calls, inbox } = await setup(t)
  for (const [scripted, code] of NOT_SENT) {
    const link = `https://id.example.org/l#${uuid()}`
    const ids = await given({ link })
    await fault('sendgrid', { times: 1, ...scripted })
    const { status, ms } = await work(ids)
    t.equal(status, 'accepted', code)
    t.ok(ms < 2_000, `${code}: ${Math.round(ms)} ms`)
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
  const { given, work, fault, calls } = await setup(t)
  for (const provider of ['sendgrid', 'ses', 'smtp']) await fault(provider, { mode: 'status', status: 503 })
  const ids = await given()
  t.equal((await work(ids)).status, 'accepted')
  t.same(
    (await calls(ids)).map(({ provider }) => provider),
    ['sendgrid', 'ses', 'smtp', 'gateway'],
  )
})

t.test('a vendor that answers 500 is not waited for, but its attempt counts as perhaps sent', async (t) => {
  const { given, work, deliver, fault, calls } = await setup(t)
  await fault('sendgrid', { mode: 'status', status: 500, times: 1 })
  const sent = await given()
  t.ok((await work(sent)).ms < 2_000)
  t.match(await attemptsOf(f, sent), [{ outcome: 'unknown' }, { provider: 'ses', outcome: 'accepted' }])

  await fault('sendgrid', { mode: 'status', status: 500, times: 1 })
  await fault('ses', { mode: 'status', status: 502, times: 1 })
  const twice = await given()
  t.equal((await work(twice)).status, 'unknown', 'two that perhaps were sent are the last')
  t.match(await deliver(twice), { kind: 'refused', reason: 'gone' })
  t.equal((await calls(twice)).length, 2)
})

t.test('a vendor that fell silent after it took the mail is not failed over blindly', async (t) => {
  const { given, work, deliver, fault, calls, inbox } = await setup(t)
  await fault('sendgrid', { mode: 'accept_then_reset', times: 1 })
  const ids = await given()
  t.equal((await work(ids)).status, 'pending')
  const { dueIn } = await deliveryState(f, ids)
  t.ok((dueIn ?? 0) > 9 && (dueIn ?? 0) <= 12, `nothing before ten seconds: ${dueIn}`)
  t.equal((await calls(ids)).length, 1)
  await due(ids)
  t.match(await deliver(ids), { kind: 'called', attempt: { provider: 'ses', isLast: true } })
  const mails = await inbox(ids)
  t.equal(mails.length, 2)
  t.equal(mails[0]?.text, mails[1]?.text, 'both hold the same link')
})

t.test('a refusal for good is for all vendors', async (t) => {
  const { given, work, fault, calls } = await setup(t)
  await fault('sendgrid', { mode: 'status', status: 400, times: 1 })
  const ids = await given()
  t.equal((await work(ids)).status, 'failed')
  t.same(
    (await calls(ids)).map(({ provider }) => provider),
    ['sendgrid'],
  )
})

t.test('with every vendor down past the expiry it ends as expired, and nothing goes out late', async (t) => {
  const { given, deliver, fault, mend, calls } = await setup(t, ['sendgrid', 'ses'])
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
  await f.admin.query('SELECT expire_due(1000)')
  t.match(await deliveryState(f, ids), { status: 'expired', payload: null })
  t.equal((await calls(ids)).length, before)
})

t.test('a vendor that flaps is left alone within twenty calls, while every mail goes out', async (t) => {
  const { given, work, fault, allCalls, logs, metrics } = await setup(t, ['sendgrid', 'ses'])
  await fault('sendgrid', { mode: 'status', status: 503, chance: 0.5 })
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
    const { given, work, deliver, fault, mend, calls } = await setup(t, ['sendgrid'])
    await fault('sendgrid', { mode: 'status', status: 503 })
    for (let n = 0; n < 6; n += 1) await work(await given())
    const ids = await given()
    t.match(await deliver(ids), { kind: 'postponed', recorded: true })
    const { status, dueIn, poisoned } = await deliveryState(f, ids)
    t.match({ status, poisoned }, { status: 'pending', poisoned: 0 })
    t.ok((dueIn ?? 0) > 0 && (dueIn ?? 0) <= 3, `${dueIn}`)
    t.same(await attemptsOf(f, ids), [])
    t.same(await calls(ids), [])
    t.match(await eventsOf(f, ids), [{ kind: 'delivery.deferred', reason: 'no_vendor_available' }])
    await mend()
    const end = performance.now() + 15_000
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

/** Puts senders on the list of a delivery's tenant: provider, file of its secret, whether it is switched on. */
async function listSenders(
  { tenantId }: Ids,
  settings: Readonly<Record<string, object>>,
  list: readonly (readonly [string, string, boolean])[],
): Promise<string[]> {
  await f.admin.query(
    `INSERT INTO tenants (id, name, slug, allowed_redirects, browser_hosts, audience, link_ttl_seconds)
     VALUES ($1, 'x', $2, '{https://x.test/}', '{}', 'x', 600)`,
    [tenantId, tenantId],
  )
  const added = list.map(async ([provider, secret, enabled], position) => {
    const id = uuid()
    const own = { ...settings[provider], from: 'hello@acme.example' }
    await f.admin.query(
      `INSERT INTO senders (tenant_id, id, channel, provider, position, settings, secret, enabled)
       VALUES ($1, $2, 'email', $3, $4, $5, $6, $7)`,
      [tenantId, id, provider, position, own, secret, enabled],
    )
    return id
  })
  return await Promise.all(added)
}

t.test('a tenant’s own senders stand in place of ours; one without its secret is passed over', async (t) => {
  const { given, work, calls, settings, inbox } = await setup(t)
  const ids = await given()
  const [, , gateway] = await listSenders(ids, settings, [
    ['smtp', 'missing', true],
    ['sendgrid', 'there', false],
    ['gateway', 'there', true],
  ])
  t.equal((await work(ids)).status, 'accepted')
  t.match(await calls(ids), [{ provider: 'gateway', accepted: true }])
  t.match(await inbox(ids), [{ from: 'hello@acme.example' }])
  const { rows } = await f.admin.query('SELECT provider, sender_id FROM attempts WHERE delivery_id = $1', [
    ids.deliveryId,
  ])
  t.same(rows, [{ provider: 'gateway', sender_id: gateway }])
})

t.test('where none of a tenant’s own is ready its mails wait: nobody else’s account is used', async (t) => {
  const { given, deliver, calls, settings } = await setup(t)
  const ids = await given()
  await listSenders(ids, settings, [['ses', 'missing', true]])
  t.match(await deliver(ids), { kind: 'postponed' })
  t.same(await calls(ids), [])
})
