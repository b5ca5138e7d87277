// A gateway as its tests use it: the real context and routes on a real database, called through `app.inject`, with the
// log of everything it wrote. The queue is the database's own; nothing works on it, so mails stay where they can be read.

import { randomBytes, randomInt } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SERVICE_ROLES } from '@postern/db/roles'
import { migrateQueueSchema } from '@postern/queue/migrate-bullmq'
import { systemClock } from '@postern/service-kit/clock'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { Parts } from '@postern/service-kit/lifecycle'
import { systemRandom } from '@postern/service-kit/random'
import { startTelemetry } from '@postern/telemetry/tracing'
import { type CapturedLogs, capturedLogger } from '@postern/testkit/captured-logs'
import { type TestDatabase, testDatabase } from '@postern/testkit/postgres'
import { generateKey } from '@postern/token/generate-key'
import { open } from '@postern/token/seal'
import type { InjectOptions } from 'fastify'
import pg from 'pg'
import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { buildContext, type GatewayContext } from '../src/context.ts'

interface Scope {
  teardown(undo: () => unknown): unknown
}

export const PUBLIC_URL = 'http://gateway.test:4000'
const queueSchema = (ownerUrl: string) => migrateQueueSchema(ownerUrl, SERVICE_ROLES)

export interface House {
  data: TestDatabase
  secretsDir: string
  adminKey: string
  env: Record<string, string>
  /** Superuser: sees every tenant. */
  admin: pg.Pool
}

/** A database and a folder of secrets; several gateways can run on them. */
export async function openHouse(
  t: Scope,
  more: { redisUrl?: string; env?: Record<string, string> } = {},
): Promise<House> {
  const data = await testDatabase(t, { steps: [queueSchema] })
  const secretsDir = await mkdtemp(join(tmpdir(), 'postern-gateway-'))
  t.teardown(() => rm(secretsDir, { recursive: true, force: true }))
  const adminKey = randomBytes(32).toString('base64url')
  const files: Record<string, string> = { 'database-url-gateway': data.gatewayUrl, 'admin-key': adminKey }
  if (more.redisUrl) files['redis-url'] = more.redisUrl
  for (const [name, text] of Object.entries(files)) await writeSecret(secretsDir, name, text)
  for (const ring of ['pepper', 'seal', 'refresh', 'csrf', 'receipt'] as const) {
    await writeSecret(join(secretsDir, ring), 'v1', generateKey('symmetric', randomBytes))
  }
  await writeSecret(join(secretsDir, 'jwt'), 'v1', generateKey('ec', randomBytes))
  const admin = new pg.Pool({ connectionString: data.adminUrl, max: 2 })
  admin.on('error', () => undefined)
  t.teardown(() => admin.end())
  const env = {
    POSTERN_SECRETS_DIR: secretsDir,
    POSTERN_ENV: 'development',
    POSTERN_PUBLIC_URL: PUBLIC_URL,
    POSTERN_ADDRESS_LIMIT: '1000000',
    POSTERN_LOG_LEVEL: 'trace',
    // A race of 100 on a slow machine is about who wins, not about who is turned away.
    POSTERN_GATEWAY_DATABASE_WAIT: '20s',
    ...more.env,
  }
  return { data, secretsDir, adminKey, env, admin }
}

async function writeSecret(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, name), text, { mode: 0o600 })
}

export interface Answer {
  status: number
  headers: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  body: any
}

export interface Gateway {
  house: House
  app: HttpApp
  context: GatewayContext
  logs: CapturedLogs
  call(options: InjectOptions): Promise<Answer>
}

/** One gateway in this process. */
export async function openGateway(t: Scope, house: House): Promise<Gateway> {
  const logs = capturedLogger('gateway')
  const stops: (() => unknown)[] = []
  const parts: Parts = { add: (_name, stop) => void stops.push(() => stop(2_000)) }
  const telemetry = await startTelemetry({ service: 'gateway', version: 'test' })
  const ambient = { clock: systemClock, random: systemRandom, logger: logs.logger, telemetry }
  const context = await buildContext(readConfig(house.env, new Date()), ambient, parts)
  const app = await buildApp(context)
  await app.ready()
  t.teardown(async () => {
    await app.close()
    for (const stop of stops.reverse()) await stop()
    await telemetry.stop(500)
  })
  const call = async (options: InjectOptions): Promise<Answer> => {
    const reply = await app.inject(options)
    return {
      status: reply.statusCode,
      headers: reply.headers,
      body: reply.body === '' ? null : tryJson(reply.body),
    }
  }
  return { house, app, context, logs, call }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export interface Tenant {
  id: string
  key: string
  /** Calls as this tenant's back end. */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    payload?: object,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** Issues a link and answers its id and the token that would be mailed. */
  issue(body?: object): Promise<{ id: string; deliveryId: string; token: string }>
  /** Issues a code, by mail unless told, and answers it with its id. */
  issueCode(body?: object): Promise<{ id: string; deliveryId: string; code: string }>
}

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

let tenants = 0

export async function newTenant(gateway: Gateway, scopes?: string[], more: object = {}): Promise<Tenant> {
  tenants += 1
  const created = await operator(gateway, 'POST', '/v1/tenants', {
    name: `Tenant ${tenants}`,
    slug: `tenant-${tenants}-${randomBytes(4).toString('hex')}`,
    allowed_redirects: ['https://app.test/in'],
    ...more,
  })
  const id: string = created.body.data.id
  const all = scopes ?? [
    'challenges:write',
    'challenges:verify',
    'sessions:read',
    'sessions:write',
    'users:write',
    'deliveries:read',
    'deliveries:write',
  ]
  const made = await operator(gateway, 'POST', `/v1/tenants/${id}/api-keys`, { name: 'test', scopes: all })
  const key: string = made.body.data.key
  const call: Tenant['call'] = (method, url, payload, headers = {}) =>
    gateway.call({ method, url, headers: { ...bearer(key), ...headers }, ...(payload && { payload }) })
  const issue: Tenant['issue'] = async (body = {}) => {
    const { body: answer } = await call('POST', '/v1/magic-links', { email: freshEmail(), ...body })
    const deliveryId: string = answer.data.delivery.id
    return { id: answer.data.id, deliveryId, token: await mailedToken(gateway, deliveryId) }
  }
  const issueCode: Tenant['issueCode'] = async (body = {}) => {
    const asked = { channel: 'email', to: freshEmail(), ...body }
    const { data } = (await call('POST', '/v1/otps', asked)).body
    const { code = '' } = await mailedPayload(gateway, data.delivery.id)
    return { id: data.id, deliveryId: data.delivery.id, code }
  }
  return { id, key, call, issue, issueCode }
}

export function operator(
  gateway: Gateway,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const all = { ...bearer(gateway.house.adminKey), ...headers }
  return gateway.call({ method, url, headers: all, ...(payload && { payload }) })
}

export const freshEmail = () => `p${randomBytes(8).toString('hex')}@example.com`
/** In E.164. */
export const freshPhone = () => `+4915${randomInt(100_000_000, 1_000_000_000)}`

/** What the mail of a delivery would hold, opened with the seal ring. */
export async function mailedPayload(
  gateway: Gateway,
  deliveryId: string,
): Promise<{ to: string; link: string; code?: string }> {
  const { rows } = await gateway.house.admin.query(
    'SELECT tenant_id, payload, payload_version FROM deliveries WHERE id = $1',
    [deliveryId],
  )
  const where = { tenantId: rows[0].tenant_id, table: 'deliveries', rowId: deliveryId }
  return JSON.parse(open(gateway.context.sealing, rows[0].payload_version, rows[0].payload, where).toString())
}

async function mailedToken(gateway: Gateway, deliveryId: string): Promise<string> {
  return (await mailedPayload(gateway, deliveryId)).link.split('#')[1] ?? ''
}

/** Events of a tenant that are still in the outbox or already in the trail. */
export async function eventsOf(
  gateway: Gateway,
  tenantId: string,
): Promise<{ kind: string; subject: string; reason: string | null; outcome: string; actor: string }[]> {
  const { rows } = await gateway.house.admin.query(
    `SELECT id, kind, subject, reason, outcome, actor FROM outbox WHERE tenant_id = $1
     UNION ALL SELECT id, kind, subject, reason, outcome, actor FROM audit_events WHERE tenant_id = $1 ORDER BY id`,
    [tenantId],
  )
  return rows
}
