// Tenants, and what changes about them. Every change tells the trail and every process's cache in its own statement.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'

export interface TenantRecord {
  id: string
  name: string
  slug: string
  allowed_redirects: string[]
  browser_hosts: string[]
  audience: string
  link_ttl_seconds: number
  is_active: boolean
  created_at: Date
}

export type NewTenant = Omit<TenantRecord, 'is_active' | 'created_at'>
export type TenantChange = Partial<Omit<TenantRecord, 'id' | 'slug' | 'created_at'>>

const COLUMNS = sql`id, name, slug, allowed_redirects, browser_hosts, audience, link_ttl_seconds, is_active, created_at`

/** Undefined when the slug or the id is taken. */
export async function insertTenant(run: TenantRun, tenant: NewTenant): Promise<TenantRecord | undefined> {
  const [row] = await run(sql<TenantRecord>`
    WITH created AS (
      INSERT INTO tenants (id, name, slug, allowed_redirects, browser_hosts, audience, link_ttl_seconds)
      VALUES (${tenant.id}::uuid, ${tenant.name}, ${tenant.slug}, ${tenant.allowed_redirects}::text[],
        ${tenant.browser_hosts}::text[], ${tenant.audience}, ${tenant.link_ttl_seconds}::integer)
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
  const changed = JSON.stringify({ changed: Object.keys(change) })
  const [row] = await run(sql<TenantRecord>`
    WITH updated AS (
      UPDATE tenants SET
        name = coalesce(${change.name ?? null}, name),
        allowed_redirects = coalesce(${change.allowed_redirects ?? null}::text[], allowed_redirects),
        browser_hosts = coalesce(${change.browser_hosts ?? null}::text[], browser_hosts),
        audience = coalesce(${change.audience ?? null}, audience),
        link_ttl_seconds = coalesce(${change.link_ttl_seconds ?? null}::integer, link_ttl_seconds),
        is_active = coalesce(${change.is_active ?? null}::boolean, is_active),
        updated_at = now()
      WHERE id = ${id}::uuid
      RETURNING ${COLUMNS}
    ), known AS (
      INSERT INTO revocations (tenant_id, kind, subject_id) SELECT id, 'tenant', id FROM updated
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
      SELECT id, 'tenant.updated', 'tenant:' || id, 'success', ${changed}::jsonb FROM updated
    )
    SELECT ${COLUMNS} FROM updated`)
  return row
}
