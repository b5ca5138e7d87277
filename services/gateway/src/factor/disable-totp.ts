// Removes a user's TOTP and recovery codes, against one of them.

import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { recoveryCodeDigests } from '@postern/token/recovery-code'
import { type FactorDeps, type GuardAnswer, refusalOf, type UserOf } from './factor.ts'
import { matchActive, readFactors } from './match-totp.ts'
import { disableTotpByRecovery, disableTotpByStep } from './totp-factor.store.ts'

export type DisableProof = { code: string } | { recovery_code: string }

/** @throws AppError NOT_FOUND, CONFLICT (no active TOTP), INVALID_CODE, IDENTIFIER_LOCKED */
export async function disableTotp(
  deps: FactorDeps,
  run: TenantRun,
  user: UserOf,
  proof: DisableProof,
): Promise<{ disabled: true }> {
  const answer = await prove(deps, run, user, proof)
  if (answer.kind !== 'right') throw refusalOf(answer)
  return { disabled: true }
}

async function prove(
  deps: FactorDeps,
  run: TenantRun,
  user: UserOf,
  proof: DisableProof,
): Promise<GuardAnswer> {
  if ('code' in proof) {
    return disableTotpByStep(run, user, await matchActive(deps.sealing, run, user, proof.code))
  }
  const { active } = await readFactors(run, user)
  if (active === null) throw new AppError('CONFLICT', { reason: 'the user has no active TOTP' })
  return disableTotpByRecovery(run, user, recoveryCodeDigests(deps.pepper, user, proof.recovery_code) ?? [])
}
