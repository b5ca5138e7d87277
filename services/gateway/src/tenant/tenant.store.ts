// Tenants, and what changes about them. Every change tells the trail and every process's cache in its own statement.

import type { CreateTenantBody, PatchTenantBody, Tenant } from '@postern/contracts/http/tenant'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'

interface Row {
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

const COLUMNS = sql`id, name, slug, allowed_redirects, browser_hosts, audience, link_ttl_seconds, is_active, created_at`

const view = (row: Row): Tenant => ({ ...row, created_at: row.created_at.toISOString() })

/** Ten minutes, unless the tenant is told otherwise. */
const LINK_TTL_SECONDS = 600

/** Undefined when the slug is taken. */
export async function insertTenant(
  run: TenantRun,
  id: string,
  body: CreateTenantBody,
): Promise<Tenant | undefined> {
  const [row] = await run(sql<Row>`
    WITH created AS (
      INSERT INTO tenants (id, name, slug, allowed_redirects, browser_hosts, audience, link_ttl_seconds)
      VALUES (${id}::uuid, ${body.name}, ${body.slug}, ${body.allowed_redirects}::text[],
        ${body.browser_hosts ?? []}::text[], ${body.audience ?? `urn:postern:tenant:${id}`},
        ${body.link_ttl_seconds ?? LINK_TTL_SECONDS}::integer)
      ON CONFLICT (slug) DO NOTHING
      RETURNING ${COLUMNS}
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
      SELECT id, 'tenant.created', 'tenant:' || id, 'success', jsonb_build_object('slug', slug) FROM created
    )
    SELECT ${COLUMNS} FROM created`)
  return row && view(row)
}

export async function findTenant(run: TenantRun, id: string): Promise<Tenant | undefined> {
  const [row] = await run(sql<Row>`SELECT ${COLUMNS} FROM tenants WHERE id = ${id}::uuid`)
  return row && view(row)
}

/** Changes what the body names. Undefined when there is no such tenant. */
export async function updateTenant(
  run: TenantRun,
  id: string,
  body: PatchTenantBody,
): Promise<Tenant | undefined> {
  const changed = JSON.stringify({ changed: Object.keys(body) })
  const [row] = await run(sql<Row>`
    WITH updated AS (
      UPDATE tenants SET
        name = coalesce(${body.name ?? null}, name),
        allowed_redirects = coalesce(${body.allowed_redirects ?? null}::text[], allowed_redirects),
        browser_hosts = coalesce(${body.browser_hosts ?? null}::text[], browser_hosts),
        audience = coalesce(${body.audience ?? null}, audience),
        link_ttl_seconds = coalesce(${body.link_ttl_seconds ?? null}::integer, link_ttl_seconds),
        is_active = coalesce(${body.is_active ?? null}::boolean, is_active),
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
  return row && view(row)
}
