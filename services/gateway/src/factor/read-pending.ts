// Reads the sign-in that a token is of. The token proves itself before the database is asked.

import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { readMfaToken } from '@postern/token/mfa-token'
import { type Completed, findPending, type PendingKey, type WaitingSignIn } from './pending-sign-in.store.ts'
import { pendingRefusal, wrongFactor } from './pending-sign-in.ts'

export interface Pending extends WaitingSignIn {
  key: PendingKey
}

/** @throws AppError INVALID_TOKEN */
export async function readPending(
  pepper: KeyRing,
  run: TenantRun,
  tenantId: string,
  mfaToken: string,
): Promise<Pending> {
  const key = readMfaToken(pepper, mfaToken)
  if (key === null) throw new AppError('INVALID_TOKEN', { reason: 'mfa token is forged or damaged' })
  if (key.tenantId !== tenantId)
    throw new AppError('INVALID_TOKEN', { reason: 'mfa token of another tenant' })
  const waiting = await findPending(run, key)
  if (waiting === undefined) throw new AppError('INVALID_TOKEN', { reason: 'mfa token has no sign-in' })
  return { ...waiting, key }
}

/** The same, for a user that the request names. @throws AppError INVALID_TOKEN also for another user's */
export async function readPendingOf(
  pepper: KeyRing,
  run: TenantRun,
  user: { tenantId: string; userId: string },
  mfaToken: string,
): Promise<Pending> {
  const pending = await readPending(pepper, run, user.tenantId, mfaToken)
  if (pending.userId !== user.userId)
    throw new AppError('INVALID_TOKEN', { reason: 'mfa token of another user' })
  return pending
}

/** Why a sign-in does not go on. */
export const stopped = (completed: Exclude<Completed, { kind: 'entered' }>): AppError =>
  completed.kind === 'refused'
    ? pendingRefusal(completed.reason)
    : wrongFactor(completed.answer, completed.failures)
