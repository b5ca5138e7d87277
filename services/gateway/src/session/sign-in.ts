// How a sign-in goes on when a factor was proven: a session opens, or the next factor is waited for. What either needs is
// made before the database decides.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { NewSession } from './session.ts'

export interface NewSignIn {
  session: NewSession
  pending: { id: string; digest: Buffer; keyVersion: number }
}

/** What the database decided; `none`: the proof opens nothing. */
export type SignedIn =
  | { kind: 'session'; id: string; amr: FactorMethod[]; acr: string; refreshExpiresAt: Date }
  | { kind: 'pending'; methods: FactorMethod[]; enrollmentRequired: boolean; expiresAt: Date }
  | { kind: 'none' }

/** How long the next factor is waited for. */
export const PENDING_SECONDS = 600
