// Who may set up a second factor: a key that may write users, or one that may only verify, for the sign-in whose
// mfa_token it brings.

import type { ApiKeyAuth } from '@postern/service-kit/api-key-auth'
import { AppError } from '@postern/service-kit/app-error'
import { apiKeyCaller } from '@postern/service-kit/caller'
import type { FastifyRequest } from 'fastify'

/** What the routes' document says of it. */
export const ENROLMENT_ACCESS =
  'Asks for the scope `users:write`. With the `mfa_token` of a sign-in that waits for a first TOTP of this user, `challenges:verify` does as well.'

export const enrolmentAccess = (auth: ApiKeyAuth) => auth.requireScope('users:write', 'challenges:verify')

/** @throws AppError FORBIDDEN */
export function checkEnrolmentAccess(request: FastifyRequest, mfaToken: string | undefined): void {
  if (mfaToken === undefined && !apiKeyCaller(request).scopes.includes('users:write'))
    throw new AppError('FORBIDDEN', { reason: 'lacks users:write, and no mfa token came' })
}
