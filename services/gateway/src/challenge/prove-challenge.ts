// Spends a challenge once, whatever its kind, and opens what its purpose opens: every way to a session that begins with a
// link or a code goes through here.

import type { SignInResult } from '@postern/contracts/http/sign-in-result'
import type { TenantRun } from '@postern/db/with-tenant'
import { mintRefreshToken } from '@postern/token/refresh-token'
import { type MintDeps, mintSignIn, type SignInTenant } from '../session/mint-sign-in.ts'
import type { Client } from '../session/session.ts'
import type { SignDeps } from '../session/sign-access.ts'
import { tellSignIn } from '../session/tell-sign-in.ts'
import { type CancelDeps, cancelUnneeded } from './cancel-unneeded.ts'
import type { RefusalReason } from './challenge.ts'
import { type Consumed, consumeChallenge, type Guess, type Proof } from './consume-challenge.store.ts'
import type { ReadProof } from './read-proof.ts'

export type ProveDeps = SignDeps & MintDeps & CancelDeps

export interface Prover {
  client: Client
  /** The only session that a step-up may raise here, null: none; undefined: the challenge's, whoever brings the proof. */
  onlySession?: string | null
}

export type Shown = ReadProof & Prover

export type Proven =
  | { kind: 'proven'; result: SignInResult }
  | { kind: 'refused'; reason: RefusalReason; guess: Guess }

/** Challenges that are the next factor of a pending sign-in prove nothing here. */
export async function proveChallenge(
  deps: ProveDeps,
  run: TenantRun,
  tenant: SignInTenant,
  { client, onlySession, ...shown }: Shown,
): Promise<Proven> {
  const { rows, secrets } = mintSignIn(deps, tenant, client)
  const proof: Proof = {
    ...shown,
    tenantId: tenant.id,
    mfaId: null,
    raise: null,
    newUserId: deps.random.uuid(),
    signIn: rows,
  }
  const consumed = await consumeChallenge(run, proof)
  if (consumed.kind !== 'asks_session') return told(deps, run, { tenant, consumed, secrets })
  // A refresh token names its session, which only the challenge's row knows.
  const { sessionId } = consumed
  if (onlySession !== undefined && onlySession !== sessionId) return NOT_THIS_SESSION
  const refresh = mintRefreshToken(deps.random.bytes(32), { sessionId })
  const raise = { sessionId, refreshDigest: refresh.digest }
  const raised = await consumeChallenge(run, { ...proof, raise })
  if (raised.kind === 'asks_session') throw new Error('a challenge keeps its session')
  return told(deps, run, { tenant, consumed: raised, secrets: { ...secrets, refreshToken: refresh.token } })
}

/** Nothing was compared or counted. */
const NOT_THIS_SESSION = {
  kind: 'refused',
  reason: 'other_session',
  guess: { remainingAttempts: 0, locked: false, waitSeconds: null, disabled: false },
} as const

interface Outcome {
  tenant: SignInTenant
  consumed: Exclude<Consumed, { kind: 'asks_session' }>
  secrets: { refreshToken: string; mfaToken: string }
}

async function told(
  deps: SignDeps & CancelDeps,
  run: TenantRun,
  { tenant, consumed, secrets }: Outcome,
): Promise<Proven> {
  await cancelUnneeded(deps, run, tenant.id, consumed.unsentDelivery)
  if (consumed.kind === 'refused') return consumed
  return { kind: 'proven', result: await tellSignIn(deps, { ...consumed.proof, tenant, secrets }) }
}
