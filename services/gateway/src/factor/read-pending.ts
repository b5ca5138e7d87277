// Reads the sign-in that a token is of. The token proves itself before the database is asked.

import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { refusalCode } from '../challenge/challenge.ts'
import { LONGEST_WAIT_SECONDS } from '../challenge/code-limits.ts'
import { refusalOf } from './factor.ts'
import { type Completed, findPending, type WaitingSignIn } from './pending-sign-in.store.ts'
import { type PendingKey, pendingRefusal, readPendingKey, wrongFactor } from './pending-sign-in.ts'

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
  const key = readPendingKey(pepper, tenantId, mfaToken)
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

/** Why a sign-in does not go on; `kind`: where the answer was a link or a code. */
export function stopped(
  completed: Exclude<Completed, { kind: 'entered' }>,
  kind?: 'magic_link' | 'otp',
): AppError {
  if (completed.kind === 'refused') return pendingRefusal(completed.reason)
  const { answer, failures, judged } = completed
  if (answer.kind === 'closed' || kind === undefined) return wrongFactor(answer, failures)
  if (answer.kind === 'wrong')
    return wrongFactor(answer, failures, judged.code_waits ? 0 : (judged.code_left ?? 0))
  const code = refusalCode(kind, judged.verdict === 'proven' ? 'unknown' : (judged.verdict ?? 'unknown'))
  if (code !== 'IDENTIFIER_LOCKED')
    return new AppError(code, { reason: `${kind} refused: ${judged.verdict}` })
  return refusalOf({
    kind: 'closed',
    isDisabled: judged.code_disabled === true,
    retryAfterSeconds: judged.code_wait_seconds ?? LONGEST_WAIT_SECONDS,
  })
}
