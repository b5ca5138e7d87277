// Tenants, and what changes about them. Every change tells the trail and every process's cache in its own statement.

import type { ChainMethod, FirstFactor } from '@postern/contracts/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import type { TestDestination } from '@postern/service-kit/caller'
import { sql } from 'kysely'

export interface TenantRecord {
  id: string
  name: string
  slug: string
  allowed_redirects: string[]
  browser_hosts: string[]
  audience: string
  link_ttl_seconds: number
  first_factors: FirstFactor[]
  factor_chain: ChainMethod[]
  /** `to` is an identity key */
  test_destinations: TestDestination[]
  session_idle_seconds: number
  session_absolute_seconds: number
  default_locale: string
  receipt_wait_seconds: number | null
  is_active: boolean
  created_at: Date
}

export type NewTenant = Omit<TenantRecord, 'is_active' | 'created_at'>
type Changeable = Omit<TenantRecord, 'id' | 'slug' | 'created_at'>
export type TenantChange = { [K in keyof Changeable]?: Changeable[K] | undefined }

/** What the database refuses of a tenant: a host of another one, or sessions that may idle for longer than they live. */
export type BrokenRule = 'host_taken' | 'idle_beyond_absolute'

const RULES: Record<string, BrokenRule> = {
  browser_hosts_pkey: 'host_taken',
  tenants_idle_within_absolute: 'idle_beyond_absolute',
}

/** Which rule a failed statement broke; undefined: it failed for another reason. */
export const brokenRule = (error: unknown): BrokenRule | undefined =>
  RULES[(error as { constraint?: string }).constraint ?? '']

const COLUMNS = sql`id, name, slug, allowed_redirects, browser_hosts, audience, link_ttl_seconds, first_factors,
  factor_chain, test_destinations, session_idle_seconds, session_absolute_seconds, default_locale,
  receipt_wait_seconds, is_active, created_at`

/** Undefined when the slug or the id is taken. */
export async function insertTenant(run: TenantRun, tenant: NewTenant): Promise<TenantRecord | undefined> {
  const [row] = await run(sql<TenantRecord>`
    WITH created AS (
      INSERT INTO tenants (id, name, slug, allowed_redirects, browser_hosts, audience, link_ttl_seconds,
        first_factors, factor_chain, test_destinations, session_idle_seconds, session_absolute_seconds,
        default_locale, receipt_wait_seconds)
      VALUES (${tenant.id}::uuid, ${tenant.name}, ${tenant.slug}, ${tenant.allowed_redirects}::text[],
        ${tenant.browser_hosts}::text[], ${tenant.audience}, ${tenant.link_ttl_seconds}::integer,
        ${tenant.first_factors}::text[], ${tenant.factor_chain}::text[],
        ${JSON.stringify(tenant.test_destinations)}::jsonb,
        ${tenant.session_idle_seconds}::integer, ${tenant.session_absolute_seconds}::integer,
        ${tenant.default_locale}, ${tenant.receipt_wait_seconds}::integer)
      ON CONFLICT DO NOTHING
      RETURNING ${COLUMNS}
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
      SELECT id, 'tenant.created', 'tenant:' || id, 'success', jsonb_build_object('slug', slug) FROM created
    )
    SELECT ${COLUMNS} FROM created`)
  return row
}

export async function findTenant(run: TenantRun, id: string): Promise<TenantRecord | undefined> {
  const [row] = await run(sql<TenantRecord>`SELECT ${COLUMNS} FROM tenants WHERE id = ${id}::uuid`)
  return row
}

/** Changes what is named. Undefined when there is no such tenant. */
export async function changeTenant(
  run: TenantRun,
  id: string,
  change: TenantChange,
): Promise<TenantRecord | undefined> {
  const [row] = await run(sql<TenantRecord>`
    WITH ${updated(id, change)}, ${ended(id, change)}, known AS (
      INSERT INTO revocations (tenant_id, kind, subject_id) SELECT id, 'tenant', id FROM updated
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
      SELECT id, 'tenant.updated', 'tenant:' || id, 'success', NULL, ${changedOf(change)}::jsonb FROM updated
      UNION ALL
      SELECT ${id}::uuid, 'session.revoked', 'session:' || id, 'success', 'tenant_disabled',
             jsonb_build_object('user_id', user_id) FROM ended
    )
    SELECT ${COLUMNS} FROM updated`)
  return row
}

const updated = (id: string, change: TenantChange) => sql`
  updated AS (
    UPDATE tenants SET
      name = coalesce(${change.name ?? null}, name),
      allowed_redirects = coalesce(${change.allowed_redirects ?? null}::text[], allowed_redirects),
      browser_hosts = coalesce(${change.browser_hosts ?? null}::text[], browser_hosts),
      audience = coalesce(${change.audience ?? null}, audience),
      link_ttl_seconds = coalesce(${change.link_ttl_seconds ?? null}::integer, link_ttl_seconds),
      first_factors = coalesce(${change.first_factors ?? null}::text[], first_factors),
      factor_chain = coalesce(${change.factor_chain ?? null}::text[], factor_chain),
      test_destinations =
        coalesce(${change.test_destinations ? JSON.stringify(change.test_destinations) : null}::jsonb, test_destinations),
      session_idle_seconds = coalesce(${change.session_idle_seconds ?? null}::integer, session_idle_seconds),
      session_absolute_seconds = coalesce(${change.session_absolute_seconds ?? null}::integer, session_absolute_seconds),
      default_locale = coalesce(${change.default_locale ?? null}, default_locale),
      receipt_wait_seconds = CASE WHEN ${change.receipt_wait_seconds === undefined}::boolean
        THEN receipt_wait_seconds ELSE ${change.receipt_wait_seconds ?? null}::integer END,
      is_active = coalesce(${change.is_active ?? null}::boolean, is_active),
      updated_at = now()
    WHERE id = ${id}::uuid
    RETURNING ${COLUMNS}
  )`

// Also where the tenant is enabled: a session that was just being opened while it was disabled ends here.
const ended = (id: string, change: TenantChange) => sql`
  ended AS (
    UPDATE sessions SET revoked_at = now()
     WHERE tenant_id = ${id}::uuid AND revoked_at IS NULL AND expires_at > now()
       AND ${change.is_active ?? null}::boolean IS DISTINCT FROM (SELECT is_active FROM tenants WHERE id = ${id}::uuid)
       AND ${change.is_active ?? null}::boolean IS NOT NULL
    RETURNING id, user_id
  )`

/** The names of what changed, for the trail; the addresses of test destinations stay out of it. */
function changedOf(change: TenantChange): string {
  const changed = Object.entries(change).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  return JSON.stringify({ changed })
}
