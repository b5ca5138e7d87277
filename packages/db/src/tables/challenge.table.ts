// Challenges, what limits issuing them, and the answers that a repeated request gets again.

import type { ColumnType } from 'kysely'

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
  redirect_url: string
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
}

export interface IdentifierGuardTable {
  tenant_id: string
  limit_key: string
  window_started_at: Date
  sends: number
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
