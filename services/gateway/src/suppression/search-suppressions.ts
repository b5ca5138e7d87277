// Shows what is listed for one address, by the digests that it has under every live key.

import type { AddressBody } from '@postern/contracts/http/user'
import type { TenantRun } from '@postern/db/with-tenant'
import type { KeyRing } from '@postern/token/key-ring'
import { recipientDigests } from '../challenge/recipient-digest.ts'
import { addressesOf } from '../user/addresses.ts'
import { findSuppressions } from './suppression.store.ts'
import { type ListedSuppressions, showSuppression } from './suppression.ts'

/** @throws AppError VALIDATION_FAILED when the address is none */
export async function searchSuppressions(
  { pepper }: { pepper: KeyRing },
  run: TenantRun,
  tenantId: string,
  body: AddressBody,
): Promise<ListedSuppressions> {
  const digests = addressesOf(body).flatMap((one) => recipientDigests(pepper, tenantId, one))
  return { items: (await findSuppressions(run, tenantId, digests)).map(showSuppression), next_cursor: null }
}
