// Postern's gateway as it is deployed: its own process, row security, the relay handing every delivery to a Redis queue.

import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { migrate } from '@postern/db/migrate'
import { ensureDatabase, ensureRoles, SERVICE_ROLES } from '@postern/db/roles'
import { migrateQueueSchema } from '@postern/queue/migrate-bullmq'
import { freePort } from '@postern/testkit/free-port'
import { generateKey } from '@postern/token/generate-key'
import { createKeyRing } from '@postern/token/key-ring'
import pg from 'pg'
import { startChild } from './child.ts'
import type { Peer, Scope } from './peer.ts'
import { takeMailed } from './postern-mailed.ts'
import { peerOf } from './postern-requests.ts'

const GATEWAY = new URL('../../../services/gateway/src/main.ts', import.meta.url)

export interface PosternOptions {
  folder: string
  postgresUrl: string
  redisUrl: string
}

export async function startPostern(scope: Scope, options: PosternOptions): Promise<Peer> {
  const secret = () => randomBytes(32).toString('base64url')
  const passwords = { owner: secret(), gateway: secret(), notifier: secret(), audit: secret() }
  const databaseUrl = (role: keyof typeof passwords) => {
    const url = new URL(options.postgresUrl)
    Object.assign(url, { username: `postern_${role}`, password: passwords[role], pathname: '/bench_postern' })
    return url.href
  }
  const admin = new pg.Pool({ connectionString: options.postgresUrl, max: 1 })
  const client = await admin.connect()
  await ensureRoles(client, passwords)
  await ensureDatabase(client, 'bench_postern')
  client.release()
  await admin.end()
  await migrate(databaseUrl('owner'))
  await migrateQueueSchema(databaseUrl('owner'), SERVICE_ROLES)

  const secrets = join(options.folder, 'secrets')
  const adminKey = secret()
  const sealKey = randomBytes(32)
  const files = {
    'database-url-gateway': databaseUrl('gateway'),
    'queue-url': options.redisUrl,
    'redis-url': options.redisUrl,
    'admin-key': adminKey,
    'pepper/v1': generateKey('symmetric', randomBytes),
    'csrf/v1': generateKey('symmetric', randomBytes),
    'receipt/v1': generateKey('symmetric', randomBytes),
    'seal/v1': sealKey.toString('base64'),
    'refresh/v1': generateKey('symmetric', randomBytes),
    'jwt/v1': generateKey('ec', randomBytes),
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(secrets, name)), { recursive: true, mode: 0o700 })
    await writeFile(join(secrets, name), text, { mode: 0o600 })
  }
  const port = await freePort()
  const child = await startChild(scope, GATEWAY, port, {
    POSTERN_SECRETS_DIR: secrets,
    POSTERN_ENV: 'development',
    POSTERN_PUBLIC_URL: 'http://bench.test',
    POSTERN_GATEWAY_PORT: String(port),
    POSTERN_ADDRESS_LIMIT: '100000000',
    POSTERN_LOG_LEVEL: 'warn',
    // As many as the peer has: while commits wait for the disk, connections are what bounds both.
    POSTERN_GATEWAY_POOL: '40',
  })
  const tenant = await createTenant(child.url, adminKey)
  const deliveries = new pg.Pool({ connectionString: superuserUrl(options.postgresUrl), max: 1 })
  scope.teardown(() => deliveries.end())
  const ring = createKeyRing('seal', [{ version: 1, key: createSecretKey(sealKey) }])
  return { ...peerOf(child.url, tenant, () => takeMailed(deliveries, ring)), ...child }
}

function superuserUrl(postgresUrl: string): string {
  const url = new URL(postgresUrl)
  url.pathname = '/bench_postern'
  return url.href
}

async function createTenant(url: string, adminKey: string): Promise<{ id: string; key: string }> {
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return ((await answer.json()) as { data: { id: string; key: string } }).data
  }
  const tenant = await post('/v1/tenants', {
    name: 'Bench',
    slug: 'bench',
    allowed_redirects: ['https://app.test/'],
  })
  const scopes = ['challenges:write', 'challenges:verify', 'sessions:read', 'sessions:write']
  const { key } = await post(`/v1/tenants/${tenant.id}/api-keys`, { name: 'bench', scopes })
  return { id: tenant.id, key }
}
