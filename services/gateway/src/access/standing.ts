// How a session stands: what decides whether its tokens are good, and what is told of it.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { SessionKind } from '../session/session.ts'

export type SessionState = 'live' | 'revoked' | 'expired' | 'account_disabled'

export interface Standing {
  tenantId: string
  sessionId: string
  userId: string
  /** what the tenant's tokens are for */
  audience: string
  kind: SessionKind
  state: SessionState
  amr: FactorMethod[]
  acr: string
  emailVerifiedAt: Date | null
  endsAt: Date
  /** milliseconds until `endsAt`, by the database's clock when it was read */
  endsInMs: number
  /** when the refresh token that was asked about was made; null: it is not the session's current one */
  refreshMadeAt: Date | null
}

const ONE_FACTOR = 'urn:postern:acr:one-factor'
const MULTI_FACTOR = 'urn:postern:acr:multi-factor'

/** What a proxy may demand, the weakest first. Postern claims no assurance level of NIST SP 800-63B. */
export const ACR_VALUES = [ONE_FACTOR, MULTI_FACTOR]

/** Whether `acr` is at least what is demanded. */
export const reaches = (acr: string, demanded: string): boolean =>
  ACR_VALUES.indexOf(acr) >= ACR_VALUES.indexOf(demanded)
