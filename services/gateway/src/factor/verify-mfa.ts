// Proves the next factor of a sign-in that waits for one. The token proves itself before the database is asked, and the
// sign-in goes on in the statement that spends the factor.

import type { SignInResult } from '@postern/contracts/http/sign-in-result'
import type { TenantRun } from '@postern/db/with-tenant'
import { type CancelDeps, cancelUnneeded } from '../challenge/cancel-unneeded.ts'
import { identifierDigest, limitKeyOf } from '../challenge/identifier.ts'
import { type MintDeps, mintSignIn, type SignInTenant } from '../session/mint-sign-in.ts'
import type { Client } from '../session/session.ts'
import type { SignDeps } from '../session/sign-access.ts'
import { tellSignIn } from '../session/tell-sign-in.ts'
import { completeSignIn } from './pending-sign-in.store.ts'
import { type AnswerDeps, type MfaAnswer, readAnswer } from './read-answer.ts'
import { readPending, stopped } from './read-pending.ts'

export type MfaDeps = SignDeps & MintDeps & AnswerDeps & CancelDeps

export interface MfaInput {
  mfaToken: string
  answer: MfaAnswer
  client: Client
}

/**
 * Spends the factor and opens the session, or tells what is still missing. With the session, codes to the user's own proven
 * identifiers work again.
 * @throws AppError INVALID_TOKEN, TOKEN_EXPIRED, TOKEN_USED, TOKEN_SUPERSEDED, ATTEMPTS_EXHAUSTED, INVALID_CODE,
 * IDENTIFIER_LOCKED, FACTOR_NOT_ALLOWED, CONFLICT (the factor is not set up, or the address is somebody else's),
 * ACCOUNT_DISABLED
 */
export async function verifyMfa(
  deps: MfaDeps,
  run: TenantRun,
  tenant: SignInTenant,
  input: MfaInput,
): Promise<SignInResult> {
  const pending = await readPending(deps.pepper, run, tenant.id, input.mfaToken)
  const answer = readAnswer(deps, tenant.id, pending, input.answer)
  const { rows, secrets } = mintSignIn(deps, tenant, input.client)
  const frees = pending.identifiers.map((held) => ({
    ...held,
    limitKey: limitKeyOf(held),
    identifierDigest: identifierDigest(deps.pepper, tenant.id, held),
  }))
  const completed = await completeSignIn(run, { key: pending.key, ...answer, signIn: rows, frees })
  await cancelUnneeded(deps, run, tenant.id, completed.unsentDelivery)
  if (completed.kind !== 'entered') throw stopped(completed, answer.bringing?.presented.kind)
  return tellSignIn(deps, { ...completed, tenant, secrets })
}
