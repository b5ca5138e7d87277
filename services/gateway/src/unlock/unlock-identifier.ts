// Turns codes on again for an address that wrong codes have locked.

import type { AddressBody, UnlockedIdentifier } from '@postern/contracts/http/user'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { identifierDigest } from '../challenge/identifier.ts'
import { addressesOf } from '../user/addresses.ts'
import { calmIdentifier } from './unlock.store.ts'

/** A repeat finds nothing to unlock. @throws AppError NOT_FOUND (no such tenant), VALIDATION_FAILED */
export async function unlockIdentifier(
  deps: { pepper: KeyRing },
  run: TenantRun,
  tenantId: string,
  body: AddressBody,
): Promise<UnlockedIdentifier> {
  const [identifier] = addressesOf(body)
  const failures = await calmIdentifier(run, {
    tenantId,
    limitKey: identifier.limitKey,
    identifierDigest: identifierDigest(deps.pepper, tenantId, identifier),
  })
  if (failures === undefined) throw new AppError('NOT_FOUND', { reason: 'no such tenant' })
  return { unlocked: true, failures }
}
