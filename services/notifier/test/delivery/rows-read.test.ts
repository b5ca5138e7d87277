// What a notifier reads for a message does not grow with what waits or was sent: on tables that were never analysed, where
// the plan is a guess.

import { boundTo, type SetStatement } from '@postern/db/set-statement'
import type { TenantRun } from '@postern/db/with-tenant'
import pg from 'pg'
import t from 'tap'
import { startAttempt } from '../../src/delivery/attempt.store.ts'
import { recordOutcome } from '../../src/delivery/attempt-outcome.store.ts'
import { claimDelivery } from '../../src/delivery/claim.store.ts'
import type { Attempt, Claim, Ending } from '../../src/delivery/delivery.ts'
import { fixture, givenDelivery, type Ids } from '../delivery-fixture.ts'

const MANY = 1_000
const SEVERAL = 8
/** Of one table, for each message. */
const MOST = 10

const f = await fixture(t)
const client = new pg.Client({ connectionString: f.urls.notifierUrl })
await client.connect()
t.teardown(() => client.end())

const first = await givenDelivery(f)
for (const status of ['sending', 'queued', 'accepted'])
  await f.admin.query(
    `WITH issued AS (
       INSERT INTO challenges (tenant_id, id, kind, purpose, identifier_kind, identity_key, address, digest, key_version,
         redirect_url, delivery_id, limit_key, identifier_digest, decoy, metadata, due_at, expires_at)
       SELECT tenant_id, uuidv7(), kind, purpose, identifier_kind, identity_key, address, digest, key_version,
              redirect_url, uuidv7(), limit_key, identifier_digest, decoy, metadata, due_at, expires_at
         FROM challenges, generate_series(1, $2) WHERE id = $1 RETURNING *
     ), sent AS (
       INSERT INTO deliveries (tenant_id, id, challenge_id, channel, template, status, decoy, send_at, expires_at, due_at, fence)
       SELECT tenant_id, delivery_id, id, 'email', 'magic_link', $3, false, now(), expires_at, expires_at, 1 FROM issued
     )
     INSERT INTO attempts (tenant_id, delivery_id, number, provider, fence, outcome)
     SELECT tenant_id, delivery_id, 1, 'sendgrid', 1, 'started' FROM issued`,
    [first.challengeId, MANY, status],
  )
await f.admin.query(
  `INSERT INTO suppressions (tenant_id, channel, recipient_digest, reason, provider)
   SELECT $1, 'email', sha256(g::text::bytea), 'complaint', 'sendgrid' FROM generate_series(1, $2) g`,
  [first.tenantId, MANY],
)

// The youngest: what looks through the others first finds these last.
const all: Ids[] = []
while (all.length < SEVERAL) all.push(await givenDelivery(f, { tenantId: first.tenantId }))

/** The statement that `work` runs, and its input. */
async function captured(work: (run: TenantRun) => Promise<unknown>) {
  const seen: { statement: SetStatement<unknown, object>; input: unknown }[] = []
  const each = (statement: SetStatement<unknown, object>, input: unknown) => {
    seen.push({ statement, input })
    return Promise.reject(new Error('only looked at'))
  }
  await work({ each } as unknown as TenantRun).catch(() => undefined)
  const [found] = seen
  if (found === undefined) throw new Error('nothing was run')
  return found
}

/** Runs it for all deliveries at once; answers its rows, and the most that was read of one table. */
async function together<Row>(work: (run: TenantRun, ids: Ids) => Promise<unknown>) {
  const riders = []
  for (const ids of all) riders.push(await captured((run) => work(run, ids)))
  const inputs = riders.map(({ input }) => ({ input, requestId: null, traceparent: null }))
  const statement = riders[0]?.statement as SetStatement<unknown, object>
  const query = boundTo(statement, inputs, first.tenantId, (raw) => raw.compile(f.database.db))
  await client.query('BEGIN')
  await client.query(
    `SELECT set_config('app.tenant_id', $1, true), set_config('app.actor', 'service:notifier', true)`,
    [first.tenantId],
  )
  const { rows } = await client.query(query?.sql ?? '', [...(query?.parameters ?? [])])
  const read = await client.query<{ relname: string; read: number }>(
    `SELECT relname, (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int AS read
       FROM pg_stat_xact_user_tables WHERE schemaname = 'public' ORDER BY read DESC LIMIT 1`,
  )
  await client.query('COMMIT')
  return { rows: rows as Row[], most: read.rows[0] }
}

t.test('messages are claimed, begun and recorded by their own rows alone', async (t) => {
  const claims = new Map<string, Claim>()
  const few = ({ most }: { most: { relname: string; read: number } | undefined }, what: string) =>
    t.ok((most?.read ?? 0) <= SEVERAL * MOST, `${what} read ${most?.read} rows of ${most?.relname}`)

  const claimed = await together<{ verdict: string; fence: string }>((run, { tenantId, deliveryId }) =>
    claimDelivery(run, { tenantId, deliveryId, channel: 'email', worker: 'w' }),
  )
  t.strictSame(new Set(claimed.rows.map(({ verdict }) => verdict)), new Set(['claimed']))
  few(claimed, 'the claim')
  all.forEach(({ tenantId, deliveryId }, at) => {
    claims.set(deliveryId, {
      tenantId,
      deliveryId,
      fence: claimed.rows[at]?.fence,
      tried: [],
      wording: { locale: null, version: null },
    } as unknown as Claim)
  })
  const claimOf = ({ deliveryId }: Ids) => claims.get(deliveryId) as Claim

  const begun = await together<{ number: number }>((run, ids) =>
    startAttempt(run, claimOf(ids), {
      provider: 'sendgrid',
      senderId: null,
      hasOther: false,
      isAnswerable: false,
    }),
  )
  t.strictSame(new Set(begun.rows.map(({ number }) => number)), new Set([1]))
  few(begun, 'the beginning')

  const ending = {
    outcome: 'accepted',
    status: 'accepted',
    errorCode: null,
    providerMessageId: 'm',
    retryInMs: null,
  }
  const recorded = await together<{ status: string }>((run, ids) =>
    recordOutcome(
      run,
      claimOf(ids),
      { number: 1, provider: 'sendgrid', hasOther: false, isAnswerable: false } as Attempt,
      ending as Ending,
    ),
  )
  t.strictSame(new Set(recorded.rows.map(({ status }) => status)), new Set(['accepted']))
  few(recorded, 'the outcome')
})
