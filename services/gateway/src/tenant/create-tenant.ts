// Creates a tenant; its slug and its browser hosts must be free.

import type { CreateTenantBody, Tenant } from '@postern/contracts/http/tenant'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { Effect } from '../idempotency/run-once.ts'
import { refuseBroken } from './refuse-broken.ts'
import { insertTenant } from './tenant.store.ts'
import {
  audienceOf,
  DEFAULT_LOCALE,
  LINK_TTL_SECONDS,
  SESSION_ABSOLUTE_SECONDS,
  showTenant,
} from './tenant.ts'
import { idleWithin, settingsOf, type TenantRules } from './tenant-settings.ts'

/**
 * Refused with CONFLICT when the slug or the id is taken.
 * @throws AppError VALIDATION_FAILED for settings that cannot be, CONFLICT for a browser host of another tenant
 */
export async function createTenant(
  rules: TenantRules,
  run: TenantRun,
  id: string,
  body: CreateTenantBody,
): Promise<Effect<Tenant>> {
  const settings = settingsOf(body, id, rules)
  const absolute = settings.session_absolute_seconds ?? SESSION_ABSOLUTE_SECONDS
  const row = await refuseBroken(
    insertTenant(run, {
      id,
      name: body.name,
      slug: body.slug,
      allowed_redirects: body.allowed_redirects,
      browser_hosts: settings.browser_hosts ?? [],
      audience: settings.audience ?? audienceOf(id),
      link_ttl_seconds: settings.link_ttl_seconds ?? LINK_TTL_SECONDS,
      first_factors: settings.first_factors ?? ['magic_link', 'otp_email', 'otp_sms'],
      factor_chain: settings.factor_chain ?? [],
      test_destinations: settings.test_destinations ?? [],
      session_idle_seconds: settings.session_idle_seconds ?? idleWithin(absolute),
      session_absolute_seconds: absolute,
      default_locale: settings.default_locale ?? DEFAULT_LOCALE,
      receipt_wait_seconds: settings.receipt_wait_seconds ?? null,
    }),
  )
  if (row === undefined)
    return { kind: 'refused', error: new AppError('CONFLICT', { reason: 'the slug or the id is taken' }) }
  const tenant = showTenant(row)
  return { kind: 'done', answer: tenant, repeat: tenant, status: 201 }
}
