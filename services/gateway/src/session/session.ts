// What a session is when it opens. Lifetimes are counted by the database.

import type { FactorMethod } from '@postern/contracts/challenge'

export interface NewSession {
  id: string
  refreshDigest: Buffer
  amr: readonly FactorMethod[]
  acr: string
  idleSeconds: number
  absoluteSeconds: number
}

/** One factor, whichever: Postern claims no assurance level of NIST SP 800-63B. */
export const ONE_FACTOR = 'urn:postern:acr:one-factor'

const DAY = 24 * 3_600
export const IDLE_SECONDS = 30 * DAY
export const ABSOLUTE_SECONDS = 90 * DAY
export const ACCESS_SECONDS = 600
