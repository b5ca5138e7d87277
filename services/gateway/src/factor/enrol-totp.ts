// Sets up a TOTP that waits for its first code. The secret is shown by this answer and never again.

import type { EnrolledTotp } from '@postern/contracts/http/factor'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { seal } from '@postern/token/seal'
import { base32, TOTP_SECRET_BYTES, totpUrl } from '@postern/token/totp'
import type { Effect } from '../idempotency/run-once.ts'
import { type FactorDeps, type GuardAnswer, refusalOf, type UserOf } from './factor.ts'
import { matchSealed, readFactors, sealedPlace } from './match-totp.ts'
import { qrSvg } from './qr-code.ts'
import { readPendingOf } from './read-pending.ts'
import { type FactorUser, insertTotp, type NewTotp, replaceTotp } from './totp-factor.store.ts'

export type EnrolDeps = FactorDeps

export interface EnrolInput {
  user: UserOf
  /** the tenant's name, as the app shows it */
  issuer: string
  /** of the active TOTP that is to be replaced */
  code: string | undefined
  /** the sign-in that waits for this enrolment */
  mfaToken: string | undefined
}

/**
 * Refused with INVALID_CODE or IDENTIFIER_LOCKED.
 * @throws AppError NOT_FOUND, CONFLICT (an active TOTP, and no code of it); with a sign-in's token also INVALID_TOKEN, and
 * FACTOR_NOT_ALLOWED where that sign-in does not wait for a first TOTP
 */
export async function enrolTotp(
  deps: EnrolDeps,
  run: TenantRun,
  input: EnrolInput,
): Promise<Effect<EnrolledTotp>> {
  const { user, issuer, code, mfaToken } = input
  const held = await readFactors(run, user)
  if (mfaToken !== undefined) await checkSignIn(deps.pepper, run, user, mfaToken)
  const secret = deps.random.bytes(TOTP_SECRET_BYTES)
  const id = deps.random.uuid()
  const sealed = seal(deps.sealing, secret, sealedPlace(user.tenantId, id), deps.random.bytes(12))
  const totp = { user, id, secret: sealed.box, secretVersion: sealed.version }
  const answer = await store(deps.sealing, run, totp, { held, code })
  if (answer.kind !== 'right') return { kind: 'refused', error: refusalOf(answer) }
  const url = totpUrl({ issuer, account: held.email ?? held.phone ?? user.userId }, secret)
  return {
    kind: 'done',
    answer: { secret: base32(secret), otpauth_url: url, qr_svg: qrSvg(url) },
    repeat: { secret: null, otpauth_url: null, qr_svg: null },
    status: 201,
  }
}

/** Who has not proven what comes before TOTP must not choose it; who has one proves it, whatever token is there. */
async function checkSignIn(pepper: KeyRing, run: TenantRun, user: UserOf, mfaToken: string): Promise<void> {
  const { next, active } = await readPendingOf(pepper, run, user, mfaToken)
  if (next !== 'totp' || active !== null)
    throw new AppError('FACTOR_NOT_ALLOWED', { reason: 'the sign-in does not wait for a first TOTP' })
}

async function store(
  sealing: KeyRing,
  run: TenantRun,
  totp: NewTotp,
  { held, code }: { held: FactorUser; code: string | undefined },
): Promise<GuardAnswer> {
  const { active, now } = held
  if (active === null) return { kind: (await insertTotp(run, totp)) ? 'right' : 'moot' }
  if (code === undefined)
    throw new AppError('CONFLICT', { reason: 'an active TOTP is replaced against a code of it only' })
  return replaceTotp(run, totp, matchSealed(sealing, totp.user.tenantId, active, { code, now }))
}
