// Tenants by browser host: from memory while the revocation feed is fresh, for 60 s at most, else from Postgres. A host
// that a tenant is given counts within a second, as one that is taken from it does.

import type { GatewayDatabase } from '@postern/db/databases/gateway.database'
import type { Database } from '@postern/db/pool'
import { FeedCache } from '@postern/service-kit/auth/feed-cache'
import { callerTenant } from '@postern/service-kit/auth/tenant-row'
import type { CallerTenant } from '@postern/service-kit/caller'
import type { Clock } from '@postern/service-kit/clock'
import type { RevocationFeed } from '@postern/service-kit/revocation-feed'
import { knownDestinations, type TenantRules } from '../../tenant/tenant-settings.ts'
import { findTenantOfHost } from './browser-host.store.ts'
import { spellingsOf } from './browser-host.ts'

export interface BrowserTenantsDeps {
  database: Database<GatewayDatabase>
  tenantRules: TenantRules
  feed: RevocationFeed
  clock: Clock
}

export interface BrowserTenants {
  /** The active tenant whose pages call this host, given as in a Host header; undefined when there is none. */
  find(host: string): CallerTenant | undefined | Promise<CallerTenant | undefined>
}

export function openBrowserTenants({
  database,
  tenantRules,
  feed,
  clock,
}: BrowserTenantsDeps): BrowserTenants {
  const tenants = new FeedCache<CallerTenant>({
    read: async (host) => {
      const row = await findTenantOfHost(database.db, spellingsOf(host))
      return row && callerTenant({ ...row, ...knownDestinations(row, tenantRules) })
    },
    feed,
    clock,
    known: { max: 10_000, ttlMs: 60_000 },
    unknown: { max: 1_000, ttlMs: 1_000 },
    isChanged: (tenant, { kind, id }) => kind === 'tenant' && tenant.id === id,
  })
  return {
    find: (host) => {
      const [whole] = spellingsOf(host)
      return whole === undefined ? undefined : tenants.find(whole)
    },
  }
}
