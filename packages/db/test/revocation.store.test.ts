// The feed of what ended: over all tenants, by the database's clock.

import { testDatabase } from '@postern/testkit/postgres'
import { sql } from 'kysely'
import t from 'tap'
import type { GatewayDatabase } from '../src/databases/gateway.database.ts'
import { inOneTrip } from '../src/one-trip.ts'
import { revocationsSince } from '../src/revocation.store.ts'
import { connect, open } from './fixtures/connect.ts'
import { A, B } from './fixtures/rows.ts'

t.test('the feed tells what ended lately, whichever tenant it belonged to', async (t) => {
  const urls = await testDatabase(t)
  const admin = await connect(t, urls.adminUrl)
  const gateway = open<GatewayDatabase>(t, urls.gatewayUrl)
  const end = (tenantId: string, kind: string, id: string) =>
    inOneTrip(
      gateway,
      { tenantId, actor: 'operator:admin', requestId: null, traceparent: null },
      sql`INSERT INTO revocations (tenant_id, kind, subject_id) VALUES (${tenantId}, ${kind}, ${id})`,
    )
  const [session, key, old] = ['1', '2', '3'].map((n) => `0198a000-0000-7000-8000-00000000000${n}`)
  await end(A, 'session', session ?? '')
  await end(B, 'api_key', key ?? '')
  await end(B, 'user', old ?? '')
  await admin.query(
    `UPDATE revocations SET created_at = now() - interval '31 seconds' WHERE subject_id = $1`,
    [old],
  )
  const audit = open<GatewayDatabase>(t, urls.auditUrl)
  for (const { db } of [gateway, audit]) {
    const seen = await revocationsSince(db, 30)
    t.same(
      seen.map(({ tenantId, kind, id }) => [tenantId, kind, id]).sort(),
      [
        [A, 'session', session],
        [B, 'api_key', key],
      ].sort(),
    )
    t.ok(seen.every((row) => row.createdAt instanceof Date))
  }
  t.equal((await revocationsSince(audit.db, 60)).length, 3)
})
