// Real lists, shelves and breakers over the vendors' doubles, with the deliveries of a real Postgres, and a relay's look at
// what vendors took.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSandbox } from '@postern/sandbox/sandbox'
import { systemClock } from '@postern/service-kit/clock'
import { noFailpoint } from '@postern/service-kit/failpoint'
import { systemRandom } from '@postern/service-kit/random'
import { createMetrics } from '@postern/telemetry/metric-names'
import { startTelemetry } from '@postern/telemetry/tracing'
import { capturedLogger } from '@postern/testkit/captured-logs'
import type { Test } from 'tap'
import { v7 as uuid } from 'uuid'
import type { Channel } from '../../src/delivery/channel.ts'
import { deliverMessage } from '../../src/delivery/deliver-message.ts'
import { createEmailChannel } from '../../src/delivery/email-channel.ts'
import { createSmsChannel } from '../../src/delivery/sms-channel.ts'
import type { SenderPlan } from '../../src/sender/configured-sender.ts'
import { openVendors } from '../../src/sender/open-vendors.ts'
import {
  type DeliveryInput,
  deliveryState,
  type Fixture,
  givenDelivery,
  type Ids,
} from '../delivery-fixture.ts'

export const PAIR = 'first-half:second-half-of-the-key'

export interface Call {
  readonly provider: string
  readonly path: string
  readonly method: string
  readonly accepted: boolean
  readonly at: string
  readonly to: string | null
  readonly marker: { readonly delivery_id: string; readonly attempt: number } | null
}

export interface InboxMessage {
  readonly provider: string
  readonly from: string
  readonly text: string
}

export const ACCOUNTS = [`AC${'1'.repeat(32)}`, `AC${'2'.repeat(32)}`] as const

export interface SiteOptions {
  /** `email` unless told. */
  readonly channel?: 'email' | 'sms'
  /** The installation's own, in order. */
  readonly providers?: readonly string[]
}

/** Its own doubles and breakers, so that no test knows what another's vendors did. */
export async function failoverSite(t: Test, f: Fixture, options: SiteOptions = {}) {
  const { channel: channelName = 'email' } = options
  const {
    providers = channelName === 'sms' ? ['twilio', 'gateway'] : ['sendgrid', 'ses', 'smtp', 'gateway'],
  } = options
  const folder = t.testdir({})
  await writeFile(join(folder, 'pair'), PAIR)
  const sandbox = await createSandbox({
    // What a fault hits by chance is the same in every run.
    seed: 'failover',
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
    twilio: { url: `${sandbox.url}/twilio`, account_sid: ACCOUNTS[0], from: '+15005550006' },
    secondTwilio: { url: `${sandbox.url}/twilio`, account_sid: ACCOUNTS[1], from: '+15005550010' },
  }
  const house = providers.map((provider) => ({
    channel: channelName,
    provider: provider as SenderPlan['provider'],
    settings: settings[provider],
    secret: PAIR,
  }))
  const telemetry = await startTelemetry({ service: 'notifier', version: 'test' })
  const logs = capturedLogger('notifier')
  const secrets = new Map<string, string>([['there', PAIR]])
  const vendors = await openVendors({
    house,
    readSecret: (name) => secrets.get(name),
    concurrency: { email: 50, sms: 50 },
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
  const sealRing = { ring: f.sealRing, refresh: () => undefined }
  const channel = (
    channelName === 'sms'
      ? createSmsChannel({ sealRing, vendors: vendors.sms })
      : createEmailChannel({ sealRing, from: 'sign-in@id.example.org', vendors: vendors.email })
  ) as Channel
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
  const allCalls = async () => (await ask('/calls')) as Call[]
  return {
    settings,
    logs,
    metrics: () => telemetry.metricsText(),
    given: (input: DeliveryInput = {}) =>
      givenDelivery(f, {
        channel: channelName,
        ...(channelName === 'email' && { to: `${uuid()}@example.org` }),
        ...input,
      }),
    deliver,
    /**
     * Works on it until it has ended, nobody may be called, or it is not due within two seconds. `waits`: how often it was
     * not due yet; 0 where each vendor was asked at once.
     */
    async work(ids: Ids) {
      let waits = 0
      for (;;) {
        const delivered = await deliver(ids)
        if (delivered.kind === 'refused' && delivered.reason === 'not_due') waits += 1
        const { status, dueIn } = await deliveryState(f, ids)
        const isOver = delivered.kind === 'postponed' || status !== 'pending' || (dueIn ?? 0) > 2
        if (isOver) return { status, waits }
      }
    },
    fault: (provider: string, fault: object) => ask('/faults', { provider, ...fault }),
    mend: async () => void (await fetch(`${sandbox.url}/faults`, { method: 'DELETE' })),
    /** Every send of it, whether it was accepted or not. */
    calls: async ({ to, deliveryId }: Ids) =>
      (await allCalls()).filter(
        (call) => call.method !== 'GET' && (call.marker?.delivery_id === deliveryId || call.to === to),
      ),
    allCalls,
    inbox: async ({ to }: Ids) =>
      (await ask(`/inbox/messages?to=${encodeURIComponent(to)}`)) as InboxMessage[],
  }
}

/** The wait for the next try, or for a receipt, is over. */
export const comesDue = ({ admin }: Fixture, { deliveryId }: Ids) =>
  admin.query('UPDATE deliveries SET due_at = now() WHERE id = $1', [deliveryId])

/** A tenant for a delivery that has none. */
export const giveTenant = ({ admin }: Fixture, { tenantId }: Ids, receiptWaitSeconds: number | null = null) =>
  admin.query(
    `INSERT INTO tenants (id, name, slug, allowed_redirects, browser_hosts, audience, link_ttl_seconds, receipt_wait_seconds)
     VALUES ($1, 'x', $2, '{https://x.test/}', '{}', 'x', 600, $3)`,
    [tenantId, tenantId, receiptWaitSeconds],
  )

export interface ListedSender {
  readonly provider: string
  readonly settings?: object | undefined
  /** Names its file; 'there' unless told. */
  readonly secret?: string
  readonly enabled?: boolean
}

/** Puts senders on the list of a delivery's tenant, in order; answers their ids. */
export async function listSenders(
  { admin }: Fixture,
  { tenantId, channel }: Ids,
  list: readonly ListedSender[],
): Promise<string[]> {
  const added = list.map(async ({ provider, settings, secret = 'there', enabled = true }, position) => {
    const id = uuid()
    await admin.query(
      `INSERT INTO senders (tenant_id, id, channel, provider, position, settings, secret, enabled)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [tenantId, id, channel, provider, position, settings, secret, enabled],
    )
    return id
  })
  return await Promise.all(added)
}
