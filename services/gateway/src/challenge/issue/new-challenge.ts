// What is issued, ready to be written: a challenge and the delivery that carries it.

import type { FirstFactor, Purpose } from '@postern/contracts/challenge'
import type { Identifier } from '../identifier.ts'
import type { SendLimit } from './send-limit.ts'

export interface NewDelivery {
  id: string
  channel: 'email' | 'sms'
  template: 'magic_link' | 'otp'
  locale: string | null
  /** sealed */
  payload: Buffer
  payloadVersion: number
  /** by which it is found that the recipient gets nothing more */
  recipientDigest: Buffer
  /** made like any other and never sent: to a test destination */
  withheld: boolean
  /** committed as queued, for the relay of this process to add; else as due, for that of any */
  isHandedOver: boolean
}

export interface NewChallenge {
  tenantId: string
  id: string
  kind: 'magic_link' | 'otp'
  purpose: Purpose
  /** what proving it counts as */
  method: FirstFactor
  identifier: Identifier
  /** keyed digest of the identifier: what the trail shows instead of the address */
  identifierDigest: string
  digest: Buffer
  keyVersion: number
  /** links only */
  codeChallenge: string | null
  redirectUrl: string | null
  /** the session that a step-up raises */
  sessionId: string | null
  /** the sign-in that this is the next factor of; the digest is null where another challenge of it vouches */
  mfa: { pendingId: string; digest: Buffer | null } | null
  /** the challenge that this one replaces, due or not */
  resends: string | null
  metadata: Record<string, string>
  createUser: boolean
  /** null: now */
  sendAt: Date | null
  ttlSeconds: number
  delivery: NewDelivery
}

/** Why nothing was issued, though the request was well formed. */
export type IssueRefusal =
  | 'unknown_session'
  | 'session_ended'
  | 'unknown_sign_in'
  | 'sign_in_used'
  | 'sign_in_expired'
  | 'sign_in_exhausted'
  | 'other_factor'
  | 'not_theirs'
  | 'challenge_over'

export type Issued =
  | { kind: 'issued'; expiresAt: Date; resendAfter: Date }
  | { kind: 'limited'; limit: SendLimit; retryAfterSeconds: number }
  | { kind: 'refused'; reason: IssueRefusal }
