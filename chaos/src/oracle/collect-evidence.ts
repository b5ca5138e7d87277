// Collects what the oracle judges by, once nothing moves any more.

import { houseSecrets } from '@postern/e2e/spread-secrets'
import { everyFile, everyRedisKey, everyRow, findings } from '@postern/e2e/stored-secrets'
import { untilRecorded } from '@postern/e2e/trail'
import { until } from '@postern/testkit/poll'
import pg from 'pg'
import { type ChaosHouse, databaseUrlOf } from '../house/chaos-house.ts'
import { secretOf } from '../load/secret.ts'
import type { Evidence, Message, VendorCall } from './evidence.ts'
import { TERMINAL } from './nothing-lost.ts'
import { readAttempts, readChallenges, readDeliveries, readEvents, readSessions } from './rows.store.ts'

/** Leases, retries and schedules are over by then. */
const SETTLED_MS = 90_000
/** Of the tokens that were sent, so many are looked for everywhere. */
const MOST_TOKENS = 40

export async function collectEvidence(house: ChaosHouse): Promise<Evidence> {
  const { admin } = house.parts
  for (let at = 0; at < house.background.length; at += 1) await house.background[at]
  await untilSettled(house)
  // What was not recorded is evidence too.
  await untilRecorded(admin, 60_000).catch(() => undefined)
  const [calls, messages] = await Promise.all([readCalls(house), readMessages(house)])
  const { rows } = await admin.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox')
  return {
    intents: house.intents,
    calls,
    messages,
    challenges: await readChallenges(admin),
    deliveries: await readDeliveries(admin),
    attempts: await readAttempts(admin),
    sessions: await readSessions(admin),
    events: await readEvents(admin),
    disturbances: house.disturbances,
    unrecorded: rows[0]?.n ?? 0,
    leaks: await findLeaks(house, messages),
    rowsWithoutTenant: await rowsWithoutTenant(house),
    internalErrors: house.internalErrors,
  }
}

/** What never ends is left for the oracle to see. */
async function untilSettled({ parts }: ChaosHouse): Promise<void> {
  const open = `SELECT FROM deliveries WHERE NOT status = ANY ($1) LIMIT 1`
  const settled = async () => (await parts.admin.query(open, [[...TERMINAL]])).rows.length === 0
  await until(settled, { deadlineMs: SETTLED_MS, everyMs: 250 }).catch(() => undefined)
}

interface LedgerEntry {
  readonly provider: string
  readonly at: string
  readonly method: string
  readonly marker: { readonly delivery_id: string } | null
  readonly to: string | null
  readonly accepted: boolean
  readonly fault: string | null
}

/** Looking up is no call: only what sends is counted. */
async function readCalls(house: ChaosHouse): Promise<VendorCall[]> {
  const entries = await ofSandbox<LedgerEntry>(house, '/calls')
  return entries
    .filter(({ method }) => method !== 'GET')
    .map(({ provider, at, marker, to, accepted, fault }) => ({
      provider,
      at: Date.parse(at),
      deliveryId: marker?.delivery_id ?? null,
      to,
      accepted,
      fault,
    }))
}

interface InboxEntry {
  readonly to: string
  readonly text: string | null
  readonly marker: { readonly delivery_id: string } | null
}

async function readMessages(house: ChaosHouse): Promise<Message[]> {
  const entries = await ofSandbox<InboxEntry>(house, '/inbox/messages')
  return entries.map(({ to, text, marker }) => ({
    deliveryId: marker?.delivery_id ?? null,
    to,
    text: text ?? '',
  }))
}

async function ofSandbox<T>({ parts }: ChaosHouse, path: string): Promise<T[]> {
  const answer = await fetch(`${parts.dev.sandbox}${path}`, { headers: { connection: 'close' } })
  if (!answer.ok) throw new Error(`the sandbox answers ${answer.status}`)
  return (await answer.json()) as T[]
}

/** The house's own secrets and tokens that were sent, wherever something may have been kept. */
async function findLeaks(
  { parts, redis, tenants }: ChaosHouse,
  messages: readonly Message[],
): Promise<string[]> {
  const tokens = messages.flatMap(({ text }) => secretOf('link', text) ?? []).slice(-MOST_TOKENS)
  const sent = Object.fromEntries(tokens.map((token, at) => [`token ${at}`, token]))
  const keys = Object.fromEntries(tenants.map(({ name, apiKey }) => [`API key of ${name}`, apiKey]))
  const kept = [
    ...(await everyRow(parts.admin)),
    ...(redis === undefined ? [] : await everyRedisKey(redis.url)),
    ...everyFile(parts.dataDir),
  ]
  return findings({ ...houseSecrets(parts), ...keys, ...sent }, kept)
}

/** What the services' own roles see when nobody named a tenant. */
async function rowsWithoutTenant(house: ChaosHouse): Promise<number> {
  let rows = 0
  for (const service of ['gateway', 'notifier'] as const) {
    const client = new pg.Client({ connectionString: databaseUrlOf(house, service) })
    client.on('error', () => undefined)
    await client.connect()
    for (const table of ['challenges', 'deliveries', 'attempts']) {
      const { rowCount } = await client.query(`SELECT FROM ${table} LIMIT 5`)
      rows += rowCount ?? 0
    }
    await client.end()
  }
  return rows
}
