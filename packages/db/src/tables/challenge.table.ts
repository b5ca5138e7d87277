// Challenges, what limits issuing them, and the answers that a repeated request gets again.

import type { ColumnType, Generated } from 'kysely'

export interface ChallengeTable {
  tenant_id: string
  id: string
  kind: 'magic_link' | 'otp'
  purpose: 'sign_in' | 'verify_email' | 'step_up' | 'onboarding'
  identifier_kind: 'email' | 'phone'
  identity_key: string
  address: string
  /** keyed: HMAC-SHA-256 under the pepper of `key_version` */
  digest: Buffer
  key_version: number
  code_challenge: string | null
  /** links only */
  redirect_url: string | null
  session_id: string | null
  delivery_id: string
  decoy: boolean
  metadata: Record<string, string>
  created_at: ColumnType<Date, never, never>
  due_at: Date
  expires_at: Date
  consumed_at: Date | null
  superseded_at: Date | null
  revoked_at: Date | null
  /** the identifier_guards row that counts its sends and failures */
  limit_key: string
  /** keyed: what events show instead of the identifier */
  identifier_digest: string
  /** codes only: counted before the compare */
  tries: Generated<number>
  /** the pending sign-in that it is the next factor of */
  mfa_id: string | null
}

export interface IdentifierGuardTable {
  tenant_id: string
  limit_key: string
  window_started_at: Date
  sends: number
  /** of them, proofs of the address; they have a window of their own */
  verify_window_started_at: Date | null
  verify_sends: Generated<number>
  /** consecutive wrong codes */
  failures: Generated<number>
  wait_until: Date | null
  /** codes are off since then, until a link or two factors prove who it is, or the operator unlocks it */
  disabled_at: Date | null
  /** the tenant's own messages, which have a window of their own too */
  message_window_started_at: Date | null
  message_sends: Generated<number>
}

export interface IdempotencyKeyTable {
  tenant_id: string
  key_digest: Buffer
  request_digest: Buffer
  status: number
  answer: unknown
  created_at: ColumnType<Date, never, never>
  expires_at: Date
}
