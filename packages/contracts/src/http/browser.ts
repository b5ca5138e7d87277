// Bodies of browser mode: what pages send, and what they may know. No token of the API ever reaches one.

import { type Static, Type } from 'typebox'
import { FACTOR_METHODS, PURPOSES } from '../challenge.ts'
import { VerifyMfaBody } from './factor.ts'
import { Instant, Nullable, Uuid } from './fields.ts'
import { IssueMagicLinkBody, VerifyMagicLinkBody } from './magic-link.ts'
import { IssueOtpBody, VerifyOtpBody } from './otp.ts'
import { PendingFactor, User } from './sign-in-result.ts'

export const CsrfToken = Type.Object({
  csrf_token: Type.String({ description: 'to be sent as X-CSRF-Token; the same as in the readable cookie' }),
})
export type CsrfToken = Static<typeof CsrfToken>

const { email, redirect_url, code_challenge, code_challenge_method } = IssueMagicLinkBody.properties
const { channel, to, purpose, locale, create_user, mfa_token } = IssueOtpBody.properties
const { token, code_verifier } = VerifyMagicLinkBody.properties

/** What a page may say of a link or a code: as for the API, without what only a back end decides. */
const issueFields = { purpose, locale, create_user, mfa_token }

export const BrowserMagicLinkBody = Type.Object(
  { email, ...issueFields, redirect_url, code_challenge, code_challenge_method },
  { additionalProperties: false },
)
export type BrowserMagicLinkBody = Static<typeof BrowserMagicLinkBody>

export const BrowserOtpBody = Type.Object({ channel, to, ...issueFields }, { additionalProperties: false })
export type BrowserOtpBody = Static<typeof BrowserOtpBody>

const closed = { additionalProperties: false }
export const BrowserSignInBody = Type.Union([
  Type.Object({ token, code_verifier }, closed),
  Type.Object({ otp_id: Uuid, code: VerifyOtpBody.properties.code }, closed),
  ...VerifyMfaBody.anyOf,
])
export type BrowserSignInBody = Static<typeof BrowserSignInBody>

export const BrowserSession = Type.Object({
  id: Uuid,
  expires_at: Type.String({ format: 'date-time', description: 'when it ends unless it is refreshed' }),
  amr: Type.Array(Type.Enum([...FACTOR_METHODS])),
  acr: Type.String(),
})
export type BrowserSession = Static<typeof BrowserSession>

/** The sign-in result as a page may see it: the session is in a cookie. */
export const BrowserSignIn = Type.Object({
  user: User,
  created: Type.Boolean(),
  purpose: Type.Enum([...PURPOSES]),
  session: Nullable(BrowserSession),
  mfa: Nullable(PendingFactor),
})
export type BrowserSignIn = Static<typeof BrowserSignIn>

export const RefreshedBrowserSession = Type.Object({ session: BrowserSession })
export const CurrentSession = Type.Object({
  user: User,
  session: Type.Object({ ...BrowserSession.properties, created_at: Instant }),
})
export type CurrentSession = Static<typeof CurrentSession>

export const SignedOut = Type.Object({ signed_out: Type.Literal(true) })
