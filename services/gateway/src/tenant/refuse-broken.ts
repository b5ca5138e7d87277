// Tells a rule that the database holds about tenants as the refusal it is.

import { AppError } from '@postern/service-kit/app-error'
import { type BrokenRule, brokenRule } from './tenant.store.ts'
import { idleBeyondAbsolute } from './tenant-settings.ts'

const REFUSALS: Record<BrokenRule, () => AppError> = {
  host_taken: () =>
    new AppError('CONFLICT', {
      reason: 'a browser host is another tenant’s',
      details: [{ path: 'body.browser_hosts', problem: 'belongs to another tenant' }],
    }),
  idle_beyond_absolute: idleBeyondAbsolute,
}

/** @throws AppError CONFLICT, VALIDATION_FAILED; what failed for another reason as it failed */
export async function refuseBroken<R>(change: Promise<R>): Promise<R> {
  try {
    return await change
  } catch (error) {
    const rule = brokenRule(error)
    throw rule ? REFUSALS[rule]() : error
  }
}
