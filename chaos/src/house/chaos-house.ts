// The house that is broken: real processes on a Postgres and a Redis of its own. What carries the load runs throughout;
// what is to die is started beside it.

import { readSecret } from '@postern/e2e/dev-file'
import { type Parts, takeApart } from '@postern/e2e/parts'
import { Client } from '@postern/e2e/postern.client'
import type { SingleProcess } from '@postern/e2e/single-process'
import { type TestRedis, testRedis } from '@postern/testkit/redis'
import type { Disturbance, Intent } from '../oracle/evidence.ts'
import type { Scope } from './scope.ts'
import { openTenants, type Tenant } from './tenants.ts'
import { openWebhookSwitch, type WebhookSwitch } from './webhook-switch.ts'

/** A house is raised on machines that do other things too. */
const READY_MS = 120_000

export type QueueKind = 'redis' | 'postgres'

export interface ChaosHouse {
  readonly queue: QueueKind
  readonly parts: Parts
  /** The queue's; undefined: the queue is on Postgres. */
  readonly redis: TestRedis | undefined
  readonly tenants: readonly [Tenant, ...Tenant[]]
  /** The one that carries the load. */
  readonly notifier: SingleProcess
  /** Leads vendors' webhooks to one gateway or another. */
  readonly webhooks: WebhookSwitch
  /** URLs of gateways that are not doomed. */
  readonly gateways: readonly string[]
  readonly intents: Intent[]
  readonly disturbances: Disturbance[]
  /** What goes on beside the scenarios: people who wait for their message, processes that thaw. */
  readonly background: Promise<unknown>[]
  internalErrors: number
  startAnother(name: 'gateway' | 'notifier', env?: Readonly<Record<string, string>>): Promise<SingleProcess>
}

export async function raiseChaosHouse(scope: Scope, queue: QueueKind): Promise<ChaosHouse> {
  const redis = queue === 'redis' ? await testRedis(scope) : undefined
  const parts = await takeApart(scope, redis?.url)
  const { dev } = parts
  const webhooks = await openWebhookSwitch(scope)
  const environment = (name: 'gateway' | 'notifier') => environmentOf(name, dev.sandbox, webhooks)
  const startAnother: ChaosHouse['startAnother'] = (name, env = {}) =>
    parts.startAnother(name, { env: { ...environment(name), ...env } })
  const gatewayPort = Number(new URL(dev.gateway).port)
  await parts.start('audit')
  const sandbox = await parts.startAnother('sandbox', {
    port: Number(new URL(dev.sandbox).port),
    env: { POSTERN_SANDBOX_WEBHOOK_URL: webhooks.url },
  })
  const gateway = await parts.startAnother('gateway', {
    port: gatewayPort,
    env: environment('gateway'),
  })
  webhooks.lead(gateway.url)
  const notifier = await startAnother('notifier')
  const lasting = [gateway, notifier, parts.service('audit'), sandbox]
  await Promise.all(lasting.map((process) => process.ready(READY_MS)))
  return {
    queue,
    parts,
    redis,
    tenants: await openTenants(parts),
    notifier,
    webhooks,
    gateways: [gateway.url],
    intents: [],
    disturbances: [],
    background: [],
    internalErrors: 0,
    startAnother,
  }
}

/** All load comes from one address; two vendors a channel, so that one can stand in for the other. */
function environmentOf(
  name: 'gateway' | 'notifier',
  sandbox: string,
  { url }: WebhookSwitch,
): Record<string, string> {
  if (name === 'gateway') return { POSTERN_ADDRESS_LIMIT: '1000000', POSTERN_WEBHOOK_URL: url }
  return {
    POSTERN_WEBHOOK_URL: url,
    POSTERN_EMAIL_SENDERS: 'sendgrid,gateway',
    POSTERN_SMS_SENDERS: 'twilio,gateway',
    POSTERN_MESSAGE_GATEWAY_URL: `${sandbox}/gateway/messages`,
  }
}

/** Speaks to one of the house's gateways as one of its tenants. */
export function clientAt({ parts }: ChaosHouse, gateway: string, tenant: Tenant): Client {
  return new Client({ ...parts.dev, gateway, tenant_id: tenant.id, api_key: tenant.apiKey })
}

/** The URL by which a service's role reaches the database. */
export const databaseUrlOf = ({ parts }: ChaosHouse, service: 'gateway' | 'notifier'): string =>
  readSecret(parts.dataDir, `database-url-${service}`)
