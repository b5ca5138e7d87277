// Which step of a sealed TOTP a code is of, by the database's clock: a service's own may be minutes off.

import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { open } from '@postern/token/seal'
import { matchTotp } from '@postern/token/totp'
import { noSuchUser } from '../user/user.ts'
import type { SealedSecret, UserOf } from './factor.ts'
import { type FactorUser, findFactors, type Step } from './totp-factor.store.ts'

export const sealedPlace = (tenantId: string, factorId: string) => ({
  tenantId,
  table: 'totp_factors',
  rowId: factorId,
})

/** @throws SealError for a secret that was moved from another row, or damaged */
export function matchSealed(
  sealing: KeyRing,
  tenantId: string,
  factor: SealedSecret,
  answer: { code: string; now: Date },
): Step {
  const secret = open(sealing, factor.secretVersion, factor.secret, sealedPlace(tenantId, factor.id))
  return { factorId: factor.id, step: matchTotp(secret, answer.code, answer.now) }
}

/** @throws AppError NOT_FOUND */
export async function readFactors(run: TenantRun, user: UserOf): Promise<FactorUser> {
  const held = await findFactors(run, user)
  if (held === undefined) throw noSuchUser()
  return held
}

/** The step of the active TOTP. @throws AppError NOT_FOUND, CONFLICT where there is none */
export async function matchActive(
  sealing: KeyRing,
  run: TenantRun,
  user: UserOf,
  code: string,
): Promise<Step> {
  const { active, now } = await readFactors(run, user)
  if (active === null) throw new AppError('CONFLICT', { reason: 'the user has no active TOTP' })
  return matchSealed(sealing, user.tenantId, active, { code, now })
}
