// The sign-in result: who proved themselves, and the session that opened or the factor that is still missing.

import type { Purpose } from '@postern/contracts/challenge'
import type { PendingFactor, SignInResult } from '@postern/contracts/http/sign-in-result'
import { type ProvenUser, showUser } from '../user/proven-user.ts'
import type { SignInSecrets } from './mint-sign-in.ts'
import { type SignDeps, sessionTokens } from './sign-access.ts'
import type { SignedIn } from './sign-in.ts'

export interface SignInOutcome {
  tenant: { id: string; audience: string }
  user: ProvenUser
  created: boolean
  purpose: Purpose
  signedIn: SignedIn
  secrets: SignInSecrets
}

export async function tellSignIn(deps: SignDeps, outcome: SignInOutcome): Promise<SignInResult> {
  const { tenant, user, created, purpose, signedIn, secrets } = outcome
  const { refreshToken } = secrets
  const session =
    signedIn.kind === 'session'
      ? await sessionTokens(deps, {
          tenant,
          userId: user.id,
          session: signedIn,
          refreshToken,
          refreshExpiresAt: signedIn.refreshExpiresAt,
        })
      : null
  const mfa = signedIn.kind === 'pending' ? pendingFactor(signedIn, secrets.mfaToken) : null
  return { user: showUser(user), created, purpose, session, mfa }
}

const pendingFactor = (waits: SignedIn & { kind: 'pending' }, token: string): PendingFactor => ({
  required: true,
  enrollment_required: waits.enrollmentRequired,
  token,
  methods: waits.methods,
  expires_at: waits.expiresAt.toISOString(),
})
