// Postern's gateway as it is deployed: its own process, row security, the relay handing every delivery to a Redis queue.

import { freePort } from '@postern/testkit/free-port'
import { createKeyRing } from '@postern/token/key-ring'
import pg from 'pg'
import { startChild } from './child.ts'
import type { Installation } from './installation.ts'
import type { Peer, Scope } from './peer.ts'
import { takeMailed } from './postern-mailed.ts'
import { peerOf } from './postern-requests.ts'

const GATEWAY = new URL('../../../services/gateway/src/main.ts', import.meta.url)

export interface Gateway {
  url: string
  cpuMs(): Promise<number | undefined>
  tenant: { id: string; key: string }
}

/** One gateway process, and a tenant with a key. */
export async function startGateway(scope: Scope, { secretsDir, adminKey }: Installation): Promise<Gateway> {
  const port = await freePort()
  const child = await startChild(scope, GATEWAY, port, {
    POSTERN_SECRETS_DIR: secretsDir,
    POSTERN_ENV: 'development',
    POSTERN_PUBLIC_URL: 'http://bench.test',
    POSTERN_GATEWAY_PORT: String(port),
    POSTERN_ADDRESS_LIMIT: '100000000',
    POSTERN_LOG_LEVEL: 'warn',
    // As many as the peer has: while commits wait for the disk, connections are what bounds both.
    POSTERN_GATEWAY_POOL: '40',
  })
  return { ...child, tenant: await createTenant(child.url, adminKey) }
}

export async function startPostern(scope: Scope, installation: Installation): Promise<Peer> {
  const { url, cpuMs, tenant } = await startGateway(scope, installation)
  const deliveries = new pg.Pool({ connectionString: installation.adminUrl, max: 1 })
  scope.teardown(() => deliveries.end())
  const ring = createKeyRing('seal', [{ version: 1, key: installation.sealKey }])
  return { ...peerOf(url, tenant, () => takeMailed(deliveries, ring)), url, cpuMs }
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
