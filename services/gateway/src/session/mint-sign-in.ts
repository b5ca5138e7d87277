// Makes the secrets of a sign-in before its rows are written: the statement decides which of them come to be.

import type { Random } from '@postern/service-kit/random'
import type { KeyRing } from '@postern/token/key-ring'
import { mintMfaToken } from '@postern/token/mfa-token'
import { mintRefreshToken } from '@postern/token/refresh-token'
import type { Client } from './session.ts'
import type { NewSignIn } from './sign-in.ts'

export interface MintDeps {
  pepper: KeyRing
  random: Random
}

/** Whose sign-in it is, and how long its sessions live. */
export interface SignInTenant {
  readonly id: string
  readonly audience: string
  readonly sessionIdleSeconds: number
  readonly sessionAbsoluteSeconds: number
}

/** What is told of a sign-in once, and never kept. */
export interface SignInSecrets {
  refreshToken: string
  mfaToken: string
}

export interface MintedSignIn {
  rows: NewSignIn
  secrets: SignInSecrets
}

/** A session with its first refresh token, and in case a factor is still missing the token of its wait. */
export function mintSignIn({ pepper, random }: MintDeps, tenant: SignInTenant, client: Client): MintedSignIn {
  const [id, pendingId] = [random.uuid(), random.uuid()]
  const refresh = mintRefreshToken(random.bytes(32), { sessionId: id })
  const mfa = mintMfaToken(pepper, { tenantId: tenant.id, pendingId, random: random.bytes(16) })
  return {
    rows: {
      session: {
        ...client,
        id,
        refreshDigest: refresh.digest,
        idleSeconds: tenant.sessionIdleSeconds,
        absoluteSeconds: tenant.sessionAbsoluteSeconds,
      },
      pending: { id: pendingId, digest: mfa.digest, keyVersion: mfa.keyVersion },
    },
    secrets: { refreshToken: refresh.token, mfaToken: mfa.token },
  }
}
