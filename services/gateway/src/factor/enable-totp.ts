// A first code makes the waiting TOTP count. The recovery codes are shown by this answer and never again.

import type { RecoveryCodes } from '@postern/contracts/http/factor'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { mintRecoveryCodes } from '@postern/token/recovery-code'
import type { Effect } from '../idempotency/run-once.ts'
import { type FactorDeps, refusalOf, type UserOf } from './factor.ts'
import { matchSealed, readFactors } from './match-totp.ts'
import { enableTotp } from './totp-factor.store.ts'

/**
 * Refused with INVALID_CODE or IDENTIFIER_LOCKED.
 * @throws AppError NOT_FOUND, CONFLICT (no TOTP waits)
 */
export async function enableWaiting(
  deps: FactorDeps,
  run: TenantRun,
  user: UserOf,
  code: string,
): Promise<Effect<RecoveryCodes>> {
  const { waiting, now } = await readFactors(run, user)
  if (waiting === null) throw new AppError('CONFLICT', { reason: 'no TOTP waits for its first code' })
  const step = matchSealed(deps.sealing, user.tenantId, waiting, { code, now })
  const codes = mintRecoveryCodes(deps.pepper, user, deps.random.bytes)
  const answer = await enableTotp(run, user, step, codes)
  if (answer.kind !== 'right') return { kind: 'refused', error: refusalOf(answer) }
  const shown = codes.map(({ code }) => code)
  return { kind: 'done', answer: { recovery_codes: shown }, repeat: { recovery_codes: null }, status: 200 }
}
