// Signs a browser in, by the same proofs as the API. What the page gets to know holds no token: the session's secret goes
// into a cookie, and the token of a sign-in that still needs a factor is tied to this browser.

import type { BrowserSignIn, BrowserSignInBody } from '@postern/contracts/http/browser'
import type { SignInResult } from '@postern/contracts/http/sign-in-result'
import type { TenantRun } from '@postern/db/with-tenant'
import type { BrowserCaller } from '@postern/service-kit/caller'
import type { KeyRing } from '@postern/token/key-ring'
import type { ProveDeps } from '../../challenge/prove-challenge.ts'
import { verifyMagicLink } from '../../challenge/verify-magic-link.ts'
import { verifyOtp } from '../../challenge/verify-otp.ts'
import { type MfaDeps, verifyMfa } from '../../factor/verify-mfa.ts'
import type { Client } from '../../session/session.ts'
import { findSession } from './find-session.ts'
import type { SessionSecret } from './session-secret.ts'
import { tieMfaToken, untieMfaToken } from './tied-sign-in.ts'

export type BrowserSignInDeps = ProveDeps & MfaDeps & { csrf: KeyRing }

export interface BrowserProof {
  caller: BrowserCaller
  body: BrowserSignInBody
  client: Client
}

export interface SignedInBrowser {
  answer: BrowserSignIn
  /** null: no session opened, the cookies stay as they are */
  secret: SessionSecret | null
}

/** @throws AppError as the proof's own verification does */
export async function signInBrowser(
  deps: BrowserSignInDeps,
  run: TenantRun,
  { caller, body, client }: BrowserProof,
): Promise<SignedInBrowser> {
  const { session, mfa, ...who } = await prove(deps, run, { caller, body, client })
  return {
    answer: {
      ...who,
      session: session && {
        id: session.id,
        expires_at: session.refresh_expires_at,
        amr: session.amr,
        acr: session.acr,
      },
      mfa: mfa && { ...mfa, token: tieMfaToken(deps.csrf, caller, mfa.token) },
    },
    secret: session && { secret: session.refresh_token, endsAt: new Date(session.refresh_expires_at) },
  }
}

async function prove(deps: BrowserSignInDeps, run: TenantRun, proof: BrowserProof): Promise<SignInResult> {
  const { caller, body, client } = proof
  const { tenant } = caller
  if ('mfa_token' in body) {
    const { mfa_token, ...answer } = body
    return verifyMfa(deps, run, tenant, {
      mfaToken: untieMfaToken(deps.csrf, caller, mfa_token),
      answer,
      client,
    })
  }
  // A step-up raises the session of this browser and no other: its secret would end up in this browser's cookie.
  const live = caller.cookie?.kind === 'session' ? await findSession(run, caller) : undefined
  const prover = { client, onlySession: live?.id ?? null }
  if ('otp_id' in body)
    return verifyOtp(deps, run, tenant, { challengeId: body.otp_id, code: body.code, ...prover })
  const { token, code_verifier: codeVerifier } = body
  return verifyMagicLink(deps, run, tenant, { token, codeVerifier, ...prover })
}
