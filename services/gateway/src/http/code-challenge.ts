// PKCE as bodies bring it (RFC 7636): S256 alone.

import { AppError } from '@postern/service-kit/app-error'

/** A method that comes alone would leave the link unbound, though the client believes it bound. */
export function codeChallengeOf(body: {
  code_challenge?: string
  code_challenge_method?: string
}): string | undefined {
  if (body.code_challenge === undefined && body.code_challenge_method !== undefined) {
    const details = [{ path: 'body.code_challenge', problem: 'is required with code_challenge_method' }]
    throw new AppError('VALIDATION_FAILED', { reason: 'a PKCE method without a challenge', details })
  }
  return body.code_challenge
}
