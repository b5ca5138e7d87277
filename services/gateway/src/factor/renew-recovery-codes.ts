// A new set of recovery codes takes the old one's place, against a code of the authenticator app.

import type { RecoveryCodes } from '@postern/contracts/http/factor'
import type { TenantRun } from '@postern/db/with-tenant'
import { mintRecoveryCodes } from '@postern/token/recovery-code'
import type { Effect } from '../idempotency/run-once.ts'
import { type FactorDeps, refusalOf, type UserOf } from './factor.ts'
import { matchActive } from './match-totp.ts'
import { replaceRecoveryCodes } from './totp-factor.store.ts'

/**
 * Refused with INVALID_CODE or IDENTIFIER_LOCKED.
 * @throws AppError NOT_FOUND, CONFLICT (no active TOTP)
 */
export async function renewRecoveryCodes(
  deps: FactorDeps,
  run: TenantRun,
  user: UserOf,
  code: string,
): Promise<Effect<RecoveryCodes>> {
  const step = await matchActive(deps.sealing, run, user, code)
  const codes = mintRecoveryCodes(deps.pepper, user, deps.random.bytes)
  const answer = await replaceRecoveryCodes(run, user, step, codes)
  if (answer.kind !== 'right') return { kind: 'refused', error: refusalOf(answer) }
  const shown = codes.map(({ code }) => code)
  return { kind: 'done', answer: { recovery_codes: shown }, repeat: { recovery_codes: null }, status: 200 }
}
