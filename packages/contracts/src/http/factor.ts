// Bodies of the second factor's routes.

import { type Static, Type } from 'typebox'
import { Nullable, Uuid } from './fields.ts'
import { VerifyMagicLinkBody } from './magic-link.ts'
import { SignInResult } from './sign-in-result.ts'

const Code = Type.String({ pattern: '^[0-9]{6}$', description: 'six digits of the authenticator app' })
const RecoveryCode = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'in any case, with or without dashes',
})
const MfaToken = Type.String({ minLength: 1, maxLength: 512 })

export const EnrolTotpBody = Type.Object(
  { code: Type.Optional(Code), mfa_token: Type.Optional(MfaToken) },
  { additionalProperties: false },
)

export const EnrolledTotp = Type.Object({
  secret: Nullable(Type.String({ description: 'base32, for typing' })),
  otpauth_url: Nullable(Type.String()),
  qr_svg: Nullable(Type.String({ description: 'an <svg> element without scripts' })),
})
export type EnrolledTotp = Static<typeof EnrolledTotp>

export const EnableTotpBody = Type.Object(
  { code: Code, mfa_token: Type.Optional(MfaToken) },
  { additionalProperties: false },
)

export const RecoveryCodes = Type.Object({ recovery_codes: Nullable(Type.Array(Type.String())) })
export type RecoveryCodes = Static<typeof RecoveryCodes>

export const EnabledTotp = Type.Object({
  ...RecoveryCodes.properties,
  sign_in: Nullable(SignInResult),
})
export type EnabledTotp = Static<typeof EnabledTotp>

export const DisableTotpBody = Type.Union([
  Type.Object({ code: Code }, { additionalProperties: false }),
  Type.Object({ recovery_code: RecoveryCode }, { additionalProperties: false }),
])

export const RenewRecoveryCodesBody = Type.Object({ code: Code }, { additionalProperties: false })
export const DisabledTotp = Type.Object({ disabled: Type.Literal(true) })

export const VerifyMfaBody = Type.Union([
  Type.Object({ mfa_token: MfaToken, code: Code }, { additionalProperties: false }),
  Type.Object({ mfa_token: MfaToken, recovery_code: RecoveryCode }, { additionalProperties: false }),
  Type.Object({ mfa_token: MfaToken, otp_id: Uuid, code: Code }, { additionalProperties: false }),
  Type.Object({ mfa_token: MfaToken, ...VerifyMagicLinkBody.properties }, { additionalProperties: false }),
])
