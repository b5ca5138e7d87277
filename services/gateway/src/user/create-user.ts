// Pre-registers a user. Whoever proves an address later is the user; until then it is only reserved.

import type { CreateUserBody, UserRecord } from '@postern/contracts/http/user'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { Random } from '@postern/service-kit/random'
import type { Effect } from '../idempotency/run-once.ts'
import { addressesOf } from './addresses.ts'
import { insertUser, isTaken } from './create-user.store.ts'
import { showUserRecord } from './user.ts'

/** @throws AppError VALIDATION_FAILED for an address that cannot be, CONFLICT for one that is taken */
export async function createUser(
  deps: { random: Random },
  run: TenantRun,
  tenantId: string,
  body: CreateUserBody,
): Promise<Effect<UserRecord>> {
  const addresses = addressesOf(body)
  try {
    const id = deps.random.uuid()
    const row = await insertUser(run, { tenantId, id, addresses, metadata: body.metadata ?? {} })
    const user = showUserRecord(row)
    return { kind: 'done', answer: user, repeat: user, status: 201 }
  } catch (cause) {
    if (!isTaken(cause)) throw cause
    throw new AppError('CONFLICT', { reason: 'an address is another user’s', cause })
  }
}
