// Makes an API key; only this answer shows it.

import type { ApiKey, CreateApiKeyBody } from '@postern/contracts/http/tenant'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { Random } from '@postern/service-kit/random'
import { mintApiKey } from '@postern/token/api-key'
import type { Effect } from '../idempotency/run-once.ts'
import { insertApiKey } from './api-key.store.ts'
import { showApiKey } from './tenant.ts'

export type CreatedKey = ApiKey & { key: string | null }

/** Refused with NOT_FOUND when there is no such tenant. */
export async function createApiKey(
  run: TenantRun,
  random: Random,
  tenantId: string,
  body: CreateApiKeyBody,
): Promise<Effect<CreatedKey>> {
  const { key, prefix, digest } = mintApiKey(random.bytes)
  const row = await insertApiKey(run, {
    tenantId,
    id: random.uuid(),
    prefix,
    digest,
    name: body.name,
    scopes: body.scopes,
    expiresAt: body.expires_at ?? null,
  })
  if (row === undefined)
    return { kind: 'refused', error: new AppError('NOT_FOUND', { reason: 'no such tenant' }) }
  const shown = showApiKey(row)
  return { kind: 'done', answer: { ...shown, key }, repeat: { ...shown, key: null }, status: 201 }
}
