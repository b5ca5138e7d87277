import type { AuditDatabase } from '@postern/db/databases/audit.database'
import { openDatabase } from '@postern/db/pool'
import { testDatabase } from '@postern/testkit/postgres'
import pg from 'pg'
import t from 'tap'
import { findApiKey } from '../../src/auth/api-key.store.ts'

const TENANT = '01933f3c-7aaa-7bbb-8ccc-00000000000b'
const KEY = '01933f3c-7aaa-7bbb-8ccc-00000000000a'

t.test('a key is read with its tenant by the roles that authenticate', async (t) => {
  const urls = await testDatabase(t)
  const owner = new pg.Client({ connectionString: urls.ownerUrl })
  await owner.connect()
  t.teardown(() => owner.end())
  await owner.query(
    `INSERT INTO tenants (id, name, slug, allowed_redirects, browser_hosts, audience, link_ttl_seconds)
     VALUES ($1, 'Shop', 'shop', '{https://shop.example/}', '{}', 'urn:shop', 600)`,
    [TENANT],
  )
  const digest = Buffer.alloc(32, 7)
  await owner.query(
    `INSERT INTO api_keys (tenant_id, id, prefix, digest, name, scopes) VALUES ($1, $2, 'Ab3dEf6hIj9k', $3, 'x', '{users:read}')`,
    [TENANT, KEY, digest],
  )
  for (const url of [urls.gatewayUrl, urls.auditUrl]) {
    const database = openDatabase<AuditDatabase>({ url, max: 1, applicationName: 'test' })
    t.teardown(() => database.close())
    const read = () => findApiKey(database.db, 'Ab3dEf6hIj9k')
    t.same(await read(), {
      id: KEY,
      tenantId: TENANT,
      digest,
      scopes: ['users:read'],
      revoked: false,
      expiresInMs: null,
      tenantIsActive: true,
      tenantName: 'Shop',
      tenantSlug: 'shop',
      audience: 'urn:shop',
      allowedRedirects: ['https://shop.example/'],
      browserHosts: [],
      linkTtlSeconds: 600,
      firstFactors: ['magic_link', 'otp_email', 'otp_sms'],
      factorChain: [],
      testDestinations: [],
      sessionIdleSeconds: 2_592_000,
      sessionAbsoluteSeconds: 7_776_000,
    })
    t.equal(await findApiKey(database.db, 'unknownprefi'), undefined)
    await owner.query(`UPDATE api_keys SET expires_at = now() + interval '1 hour'`)
    const { expiresInMs } = (await read()) ?? {}
    t.ok(typeof expiresInMs === 'number' && expiresInMs > 3_590_000 && expiresInMs <= 3_600_000)
    await owner.query(`UPDATE api_keys SET expires_at = now() - interval '1 hour', revoked_at = now()`)
    const ended = await read()
    t.ok((ended?.expiresInMs ?? 0) < 0)
    t.equal(ended?.revoked, true)
    await owner.query(`UPDATE api_keys SET expires_at = NULL, revoked_at = NULL`)
  }
})
