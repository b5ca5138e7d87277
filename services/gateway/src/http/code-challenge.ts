// PKCE as bodies bring it (RFC 7636): S256 alone.

import { invalidField } from '@postern/service-kit/app-error'

/** A method that comes alone would leave the link unbound, though the client believes it bound. */
export function codeChallengeOf(body: {
  code_challenge?: string
  code_challenge_method?: string
}): string | undefined {
  if (body.code_challenge === undefined && body.code_challenge_method !== undefined) {
    throw invalidField('body.code_challenge', 'is required with code_challenge_method')
  }
  return body.code_challenge
}
