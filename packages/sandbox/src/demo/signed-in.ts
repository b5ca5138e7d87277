// What the demo keeps of a sign-in result: no token of it. A real application would set its own cookie now.

import type { SignInResult } from '@postern/contracts/http/sign-in-result'
import type { SignedIn } from './sign-in.store.ts'

export function signedIn({ user, session, mfa, created, purpose }: SignInResult): SignedIn {
  return {
    user_id: user.id,
    name: user.email ?? user.phone,
    created,
    purpose,
    session: session === null ? null : { id: session.id, amr: session.amr, acr: session.acr },
    second_factor_required: mfa !== null,
  }
}
