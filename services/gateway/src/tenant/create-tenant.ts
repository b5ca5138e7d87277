// Creates a tenant; its slug must be free.

import type { CreateTenantBody, Tenant } from '@postern/contracts/http/tenant'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { checkAllowedRedirects } from '../challenge/redirect.ts'
import type { Effect } from '../idempotency/run-once.ts'
import { insertTenant } from './tenant.store.ts'
import { audienceOf, LINK_TTL_SECONDS, showTenant } from './tenant.ts'

/** Refused with CONFLICT when the slug or the id is taken. @throws AppError VALIDATION_FAILED for a redirect that cannot be */
export async function createTenant(
  run: TenantRun,
  id: string,
  body: CreateTenantBody,
): Promise<Effect<Tenant>> {
  checkAllowedRedirects(body.allowed_redirects)
  const row = await insertTenant(run, {
    id,
    name: body.name,
    slug: body.slug,
    allowed_redirects: body.allowed_redirects,
    browser_hosts: body.browser_hosts ?? [],
    audience: body.audience ?? audienceOf(id),
    link_ttl_seconds: body.link_ttl_seconds ?? LINK_TTL_SECONDS,
  })
  if (row === undefined)
    return { kind: 'refused', error: new AppError('CONFLICT', { reason: 'the slug or the id is taken' }) }
  const tenant = showTenant(row)
  return { kind: 'done', answer: tenant, repeat: tenant, status: 201 }
}
