// A link's token or a code as somebody brought it, in the form in which it is compared: no I/O. A link proves itself here
// already; a code is digested for the challenge that it is said to be of.

import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { readLinkToken } from '@postern/token/link-token'
import { otpDigests } from '@postern/token/otp-code'
import { challengeOf } from '@postern/token/pkce'
import type { Presented } from './spend-challenge.store.ts'

export interface BroughtLink {
  token: string
  /** PKCE; undefined: none came */
  codeVerifier: string | undefined
}

export interface BroughtCode {
  challengeId: string
  /** six ASCII digits */
  code: string
}

export type ReadProof = Pick<Presented, 'challengeId' | 'kind' | 'digests' | 'codeChallenge'>

/** @throws AppError INVALID_TOKEN for a token that no key of ours made, or one of another tenant */
export function readLink(
  pepper: KeyRing,
  tenantId: string,
  { token: text, codeVerifier }: BroughtLink,
): ReadProof {
  const token = readLinkToken(pepper, text)
  if (token === null) throw new AppError('INVALID_TOKEN', { reason: 'link token is forged or damaged' })
  if (token.tenantId !== tenantId)
    throw new AppError('INVALID_TOKEN', { reason: 'link token of another tenant' })
  return {
    challengeId: token.challengeId,
    kind: 'magic_link',
    digests: [{ version: token.keyVersion, digest: token.digest }],
    codeChallenge: codeVerifier === undefined ? null : challengeOf(codeVerifier),
  }
}

/** @throws OtpCodeError for what is not six digits: the schema of every route refuses it before */
export function readCode(pepper: KeyRing, tenantId: string, { challengeId, code }: BroughtCode): ReadProof {
  const digests = otpDigests(pepper, { tenantId, challengeId }, code)
  return { challengeId, kind: 'otp', digests, codeChallenge: null }
}
