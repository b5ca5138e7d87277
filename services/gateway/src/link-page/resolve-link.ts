// Tells the holder of a genuine, live token where it leads. Changes nothing, however often it is asked.

import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { readLinkToken } from '@postern/token/link-token'
import { statusOf } from '../challenge/challenge.ts'
import { findLinkTarget } from './link-target.store.ts'

export interface ResolveDeps {
  pepper: KeyRing
  /** Opens the tenant that a genuine token names. */
  runFor: (tenantId: string) => TenantRun
}

const OVER = {
  consumed: 'TOKEN_USED',
  superseded: 'TOKEN_SUPERSEDED',
  expired: 'TOKEN_EXPIRED',
  revoked: 'INVALID_TOKEN',
} as const

/** @throws AppError INVALID_TOKEN, TOKEN_USED, TOKEN_SUPERSEDED, TOKEN_EXPIRED */
export async function resolveLink(
  deps: ResolveDeps,
  text: string,
): Promise<{ tenant_name: string; redirect_url: string }> {
  const token = readLinkToken(deps.pepper, text)
  if (token === null) throw new AppError('INVALID_TOKEN', { reason: 'link token is forged or damaged' })
  const target = await findLinkTarget(deps.runFor(token.tenantId), token)
  if (target === undefined) throw new AppError('INVALID_TOKEN', { reason: 'link token has no challenge' })
  const status = statusOf(target)
  if (status !== 'pending') throw new AppError(OVER[status], { reason: `link is ${status}` })
  return { tenant_name: target.tenantName, redirect_url: target.redirectUrl }
}
